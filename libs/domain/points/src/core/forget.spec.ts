import fc from 'fast-check';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import type { DecidedEvent, PointsDecision } from './decision.ts';
import { forget, remembers } from './forget.ts';
import type { PointsInput } from './input.ts';
import { instantOf, rating, redeeming, returning } from './scenario.fixture.ts';
import { fullState, type MemberState } from './wallet.ts';
import { DAY, history, NOW, runs, START, type Step } from '../spending-history.fixture.ts';

/** A member as the writer holds one: forgetful after its commands, read again where that is not enough. */
class Member {
  readonly recorded: DecidedEvent[] = [];
  now = NOW;
  full: MemberState = fullState();
  kept: MemberState = fullState();
  forgot = 0;
  readAgain = 0;

  /** What is decided on the full state, and on the one that is kept. */
  tell(input: PointsInput): [PointsDecision, PointsDecision] {
    const context = { now: this.now, global: { terms: [] } };
    if (!remembers(this.kept, input)) {
      this.readAgain++;
      this.kept = this.recorded.reduce((state, event) => evolve(state, told(event)), fullState() as MemberState);
    }
    const decisions: [PointsDecision, PointsDecision] = [
      decide(input, this.full, context),
      decide(input, this.kept, context),
    ];
    for (const event of decisions[0].kind === 'accepted' ? decisions[0].events : []) {
      this.recorded.push(event);
      this.full = evolve(this.full, told(event));
      this.kept = evolve(this.kept, told(event));
    }
    return decisions;
  }

  forgets(light = 0): void {
    const abridged = forget(this.kept, light);
    if (!abridged) return;
    this.forgot++;
    this.kept = abridged;
  }
}

const told = (event: DecidedEvent) => ({ ...event, data: JSON.stringify(event.data) });

function names(input: PointsInput): string[] {
  return input.kind === 'redeem' || input.kind === 'reserve' ? [input.id] : [];
}

/** Purchases of the history under names of their own, rated once: what almost all purchases are. */
const firstRatings = fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 100 })), { minLength: 1, maxLength: 12 });

function mixed(steps: readonly Step[], ratings: readonly (readonly [number, number])[]): Step[] {
  const bought = ratings.map(([day, points], i): Step => {
    const at = new Date(START + day * DAY).toISOString();
    const expiresAt = new Date(START + (day + 60) * DAY).toISOString();
    return { after: DAY / 4, what: rating(`first-${i}`, at, points, { expiresAt }) };
  });
  return steps.flatMap((step, i) => (bought[i] ? [bought[i], step] : [step]));
}

it('decides whatever it still knows as one who knows all, in any history', () => {
  fc.assert(
    fc.property(history, firstRatings, fc.array(fc.boolean(), { minLength: 1 }), (steps, ratings, when) => {
      const member = new Member();
      const known: string[] = [];
      mixed(steps, ratings).forEach(({ after, what }, i) => {
        member.now += after;
        const input = typeof what === 'function' ? what(`n${i}`, known) : what;
        const [full, kept] = member.tell(input);
        expect(kept).toEqual(full);
        if (full.kind === 'accepted') known.push(...names(input));
        if (when[i % when.length]) member.forgets();
      });
    }),
    runs,
  );
});

it('keeps what a popular card holds, not what it did', () => {
  const member = new Member();
  member.now = instantOf('2026-06-01');
  for (let i = 0; i < 2_000; i++) {
    member.now += 1_000;
    member.tell(rating(`p${i}`, '2026-05-01', 40));
    member.tell(redeeming(40, `r${i}`));
    if (i % 10 === 0) {
      member.tell(rating(`q${i}`, '2026-05-01', 10));
      member.tell(returning(`b${i}`, '2026-05-02', { [`q${i}`]: 10 }));
      member.tell({ kind: 'reserve', id: `s${i}`, points: 1, ttl: 'PT1H' });
    }
    member.forgets(16_384);
  }
  expect(member.full.weight).toBeGreaterThan(2_000_000);
  expect(member.kept.weight).toBeLessThan(100_000);
  expect(member.forgot).toBeGreaterThan(10);
  expect(member.readAgain).toBe(0);
  const [full, kept] = member.tell(redeeming(5, 'last'));
  expect(kept).toEqual(full);
});

it('reads all again for a return of what is spent, and for an undo', () => {
  const member = new Member();
  member.tell(rating('p1', '2026-01-01', 40));
  member.tell(rating('p2', '2026-01-02', 40));
  member.tell(redeeming(40, 'r1'));
  for (const input of [
    returning('b1', '2026-01-20', { p1: 5 }),
    { kind: 'undo', id: 'u1', redemption: 'r1' } as const,
    rating('p1', '2026-01-01', 50, {}, false),
  ]) {
    member.kept = forget(member.full, 0) as MemberState;
    expect(remembers(member.kept, input)).toBe(false);
    expect(remembers(member.full, input)).toBe(true);
  }
  expect(remembers(member.kept, returning('b2', '2026-01-20', { p2: 5 }))).toBe(true);
  expect(remembers(member.kept, returning('b2', '2026-01-20', { p2: 41 }))).toBe(false);
});

it('forgets nothing while something is owed', () => {
  const member = new Member();
  member.tell(rating('p1', '2026-01-01', 40));
  member.tell(redeeming(40, 'r1'));
  expect(forget(member.full, 0)).toBeDefined();
  member.tell(returning('b1', '2026-01-20', { p1: 5 }));
  expect(forget(member.full, 0)).toBeUndefined();
});
