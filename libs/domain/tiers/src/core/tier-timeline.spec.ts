import fc from 'fast-check';
import { standard } from '../tiers.fixture.ts';
import type { ProgramVersion } from './program.ts';
import { tierAt } from './tier-course.ts';
import { TierTimeline } from './tier-timeline.ts';

/**
 * The rules of RULES 5 once more, written as plainly as they read: day by day, everything worked out from the start each time.
 * All facts are at midnight UTC and all periods are days, so that nothing happens between two days.
 */
interface Rules {
  readonly from: number;
  readonly ladder: readonly number[];
  readonly window: number;
  readonly keepFor: number;
  readonly grace: number;
  readonly downgrade: 'oneStep' | 'toQualified';
}

type Happening =
  | { readonly day: number; readonly kind: 'purchase'; readonly amount: number }
  | { readonly day: number; readonly kind: 'return'; readonly of: number; readonly share: number }
  | { readonly day: number; readonly kind: 'opening'; readonly tier: number; readonly keep: number };

const DAYS = 70;
const DAY_MS = 86_400_000;
const IDS = ['bronze', 'silver', 'gold', 'platinum'];
const at = (day: number): number => Date.UTC(2026, 0, 1) + day * DAY_MS;

/** What returns up to (and without) happening number `until` left of each purchase. */
function netAmounts(happenings: readonly Happening[], until: number): number[] {
  const net = happenings.map((happening) => (happening.kind === 'purchase' ? happening.amount : 0));
  for (const happening of happenings.slice(0, until)) {
    if (happening.kind === 'return')
      net[happening.of] = (net[happening.of] as number) - takenBy(happenings, happening, net);
  }
  return net;
}

const takenBy = (
  happenings: readonly Happening[],
  { of, share }: { of: number; share: number },
  net: readonly number[],
): number => Math.min(net[of] as number, Math.floor(((happenings[of] as { amount: number }).amount * share) / 3));

/** The tier at the end of `day`, had only the first `until` happenings occurred. */
function plainly(
  versions: readonly Rules[],
  happenings: readonly Happening[],
  until: number,
  day: number,
): number | null {
  const net = netAmounts(happenings, until);
  const enrolled = (happenings[0] as Happening).day;
  let rules: Rules | undefined;
  let tier = 0;
  let keepUntil = -1;
  let graceEnd: number | null = null;
  let counted = 0;
  const spent = (today: number): number =>
    happenings.reduce(
      (sum, { day: then }, i) =>
        i < counted && then > today - rules!.window && then <= today ? sum + (net[i] as number) : sum,
      0,
    );
  const qualified = (today: number): number => rules!.ladder.findLastIndex((line) => spent(today) >= line);
  const lift = (today: number): void => {
    if (qualified(today) > tier) [tier, keepUntil, graceEnd] = [qualified(today), today + rules!.keepFor, null];
    else if (graceEnd !== null && qualified(today) === tier) graceEnd = null;
  };

  /** Starts graces and ends tiers that are due; the calendar does so between any two facts. */
  const passTime = (today: number): void => {
    for (let again = rules !== undefined; again && tier > 0;) {
      again = false;
      if (graceEnd === null && today >= keepUntil && spent(today) < rules!.ladder[tier]!)
        graceEnd = today + rules!.grace;
      if (graceEnd !== null && today >= graceEnd) {
        if (rules!.downgrade === 'oneStep') [tier, keepUntil, graceEnd] = [tier - 1, today + rules!.keepFor, null];
        else [tier, keepUntil, graceEnd] = [Math.min(tier - 1, qualified(today)), today, null];
        again = true;
      }
    }
  };

  for (let today = enrolled; today <= day; today++) {
    const current = versions.findLast(({ from }) => from <= today);
    if (current !== rules) {
      rules = current;
      lift(today);
    }
    passTime(today);
    for (; counted < until && happenings[counted]!.day === today;) {
      const happening = happenings[counted] as Happening;
      counted++;
      if (!rules) continue;
      if (happening.kind === 'opening' && happening.tier >= tier) {
        keepUntil = happening.tier === tier ? Math.max(keepUntil, today + happening.keep) : today + happening.keep;
        [tier, graceEnd] = [happening.tier, null];
      } else if (happening.kind === 'purchase') lift(today);
      passTime(today);
    }
  }
  return rules ? tier : null;
}

const rules = fc.record({
  from: fc.integer({ min: 1, max: DAYS }),
  ladder: fc
    .uniqueArray(fc.integer({ min: 5, max: 100 }), { minLength: 3, maxLength: 3 })
    .map((lines) => [0, ...lines.toSorted((a, b) => a - b)]),
  window: fc.integer({ min: 5, max: 30 }),
  keepFor: fc.integer({ min: 0, max: 30 }),
  grace: fc.integer({ min: 0, max: 10 }),
  downgrade: fc.constantFrom('oneStep' as const, 'toQualified' as const),
});

/** The first version is in force early on or from the start; what it does not say is a purchase before it is worth 0. */
const versions = fc
  .uniqueArray(rules, { minLength: 1, maxLength: 3, selector: ({ from }) => from })
  .map((list) =>
    list.toSorted((a, b) => a.from - b.from).map((version, i) => (i === 0 ? { ...version, from: -100 } : version)),
  );

const happenings = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: DAYS }),
      kind: fc.constantFrom(
        'purchase' as const,
        'purchase' as const,
        'purchase' as const,
        'return' as const,
        'opening' as const,
      ),
      amount: fc.integer({ min: 0, max: 60 }),
      share: fc.integer({ min: 1, max: 3 }),
      of: fc.nat(100),
      tier: fc.integer({ min: 1, max: 3 }),
      keep: fc.integer({ min: 0, max: 30 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) => list.toSorted((a, b) => a.day - b.day))
  .map((list) =>
    list.map(({ day, kind, amount, share, of, tier, keep }, i): Happening => {
      const purchases = list.slice(0, i).flatMap((other, j) => (other.kind === 'purchase' ? [j] : []));
      if (kind === 'opening') return { day, kind, tier, keep };
      if (kind === 'return' && purchases.length > 0)
        return { day, kind, share, of: purchases[of % purchases.length] as number };
      return { day, kind: 'purchase', amount: kind === 'return' ? 0 : amount };
    }),
  );

function versionOf({ from, ladder, window, keepFor, grace, downgrade }: Rules): ProgramVersion {
  return standard(
    [/effectiveFrom: .*/, `effectiveFrom: ${new Date(at(from)).toISOString()}`],
    [/timeZone: .*/, 'timeZone: UTC'],
    ['rolling: P12M', `rolling: P${window}D`],
    ['keepFor: P12M', `keepFor: P${keepFor}D`],
    ['grace: P30D', `grace: P${grace}D`],
    ['oneStep', downgrade],
    ['from: 2000', `from: ${ladder[1]}`],
    ['from: 10000', `from: ${ladder[2]}`],
    ['from: 50000', `from: ${ladder[3]}`],
  );
}

it('holds, on every day, the tier that the rules give when worked through day by day', () => {
  fc.assert(
    fc.property(versions, happenings, (list, story) => {
      const timeline = new TierTimeline(list.map(versionOf));
      const items = new Map<number, number>();
      for (const [i, happening] of story.entries()) {
        const tier = timeline.advance(at(happening.day));
        if (happening.kind === 'opening')
          timeline.open(at(happening.day), {
            tier: IDS[happening.tier] as string,
            keepUntil: at(happening.day + happening.keep),
          });
        else if (happening.kind === 'return') {
          const taken = takenBy(story, happening, netAmounts(story, i));
          timeline.takeBack(
            at(happening.day),
            new Map([[items.get(happening.of) as number, BigInt(taken) * 1_000_000n]]),
          );
        } else {
          expect({ i, tier }).toEqual({ i, tier: plainly(list, story, i, happening.day) });
          const amount = BigInt(happening.amount) * 1_000_000n;
          expect(timeline.preview(at(happening.day), amount).tier).toBe(tier);
          items.set(i, timeline.size);
          timeline.addPurchase(at(happening.day), amount);
        }
      }
      const course = timeline.certainCourse();
      for (let day = (story[0] as Happening).day; day <= DAYS + 60; day++) {
        const known = story.findLastIndex((happening) => happening.day <= day) + 1;
        const expected = plainly(list, story, known, day);
        expect({ day, tier: tierAt(course, at(day)) }).toEqual({ day, tier: IDS[expected as number] });
      }
    }),
    { numRuns: 70 },
  );
});
