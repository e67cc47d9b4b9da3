import fc from 'fast-check';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import type { DecidedEvent, PointsDecision } from './decision.ts';
import { forget, remembers } from './forget.ts';
import type { PointsInput } from './input.ts';
import { instantOf, rating, redeeming, returning } from './scenario.fixture.ts';
import { SIZE } from './size.ts';
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

describe('a state that forgot', () => {
  const kept = (...inputs: readonly PointsInput[]): MemberState => {
    const member = new Member();
    for (const input of inputs) member.tell(input);
    return forget(member.full, 0) as MemberState;
  };
  const p = rating('p', '2026-01-01', 40);
  const other = rating('o', '2026-01-01', 40, { program: 'other' });
  const reserved: PointsInput = { kind: 'reserve', id: 'v', points: 10, program: 'club' };

  it.each<PointsInput>([
    { kind: 'redeem', id: 'r', points: 1 },
    { kind: 'send', id: 't', points: 1, from: 'ann', to: 'bob' },
    { kind: 'settle' },
    { kind: 'tier', program: 'club', course: [] },
    { kind: 'close', reason: 'x', by: 'ann' },
    { kind: 'reopen', reason: 'x', by: 'ann' },
  ])('knows enough for %j', (input) => {
    expect(remembers(kept(p), input)).toBe(true);
  });

  it('knows open reservations of any wallet, and no others', () => {
    const state = kept(p, other, reserved, { ...reserved, id: 'w' }, { kind: 'void', reservation: 'w' });
    for (const kind of ['capture', 'void'] as const) {
      expect(remembers(state, { kind, reservation: 'v' })).toBe(true);
      expect(remembers(state, { kind, reservation: 'w' })).toBe(false);
    }
  });

  it('knows returns of what its lots still hold, in all wallets that they touch', () => {
    const spent: PointsInput[] = [rating('gone', '2026-01-01', 5), redeeming(5, 'g'), p, other];
    const back = (points: number, program = 'club') => {
      const input = returning('r', '2026-01-10', { [program === 'club' ? 'p' : 'o']: points });
      return { ...input, rating: { ...input.rating, program } };
    };
    const state = kept(...spent, back(30));
    expect(remembers(state, back(40))).toBe(true);
    expect(remembers(state, back(41))).toBe(false);
    expect(remembers(state, back(40, 'other'))).toBe(true);
    expect(remembers(state, returning('r', '2026-01-10', { p: 1, gone: 1 }))).toBe(false);
    expect(remembers(state, returning('s', '2026-01-10', { p: 10 }))).toBe(true);
    expect(remembers(state, returning('s', '2026-01-10', { p: 11 }))).toBe(false);
    const emptied = kept(p, back(40), rating('q', '2026-01-01', 9));
    expect(remembers(emptied, returning('r', '2026-01-10', { q: 1 }))).toBe(false);
  });

  it.each<[string, PointsInput[]]>([
    ['one wallet of two owes', [p, redeeming(40, 'r'), other, returning('b', '2026-01-10', { p: 1 })]],
    [
      'what was owed is repaid',
      [p, redeeming(40, 'r'), returning('b', '2026-01-10', { p: 1 }), rating('q', '2026-01-02', 9)],
    ],
    [
      'what was owed is waived',
      [rating('w', '2026-01-01', 9, { shortfall: 'waive' }), redeeming(9, 'r'), returning('b', '2026-01-10', { w: 1 })],
    ],
    ['points expire by inactivity', [rating('i', '2026-01-10', 9, { inactivity: { after: 'P1Y', timeZone: 'UTC' } })]],
  ])('is none where %s', (_about, inputs) => {
    expect(kept(...inputs)).toBeUndefined();
  });

  it('holds what is reserved as well, and drops what is neither held nor reserved', () => {
    const state = kept(
      rating('q', '2026-01-01', 10, { expiresAt: '2027-01-01T00:00:00.000Z' }),
      reserved,
      rating('returned', '2026-01-01', 5, { activeFrom: '2026-12-01T00:00:00.000Z' }),
      returning('b', '2026-01-02', { returned: 5 }),
      p,
      redeeming(3, 'r'),
    );
    const wallet = state.depth === 'full' ? state.wallets.get('club') : undefined;
    expect([...(wallet?.lots.keys() ?? [])]).toEqual(['shop/q', 'shop/p']);
    expect([wallet?.open.length, wallet?.waiting.length]).toEqual([2, 0]);
    expect(wallet?.lots.get('shop/p')?.uses?.list.map(({ taken }) => taken.spent)).toEqual([3]);
    expect([...(wallet?.reservations.keys() ?? [])]).toEqual(['v']);
  });

  it('weighs what it holds: lots with their last use, reservations, and what returns claim', () => {
    const { full, wallet, lot, use, named } = SIZE;
    const lots = [p, rating('q', '2026-01-02', 20)];
    expect(kept(...lots).weight).toBe(full + wallet + 2 * (lot + use));
    const more = kept(...lots, redeeming(1, 'r'), reserved, returning('b', '2026-01-10', { p: 1, q: 1 }));
    expect(more.weight).toBe(full + wallet + 2 * (lot + use) + named + (1 + 2) * use);
  });

  it('weighs more the more it holds, and is gone through again at twice its weight', () => {
    const weights = [
      [p],
      [p, rating('q', '2026-01-02', 5)],
      [p, rating('q', '2026-01-02', 5), reserved],
      [p, rating('q', '2026-01-02', 5), reserved, returning('b', '2026-01-10', { p: 1 })],
      [p, rating('q', '2026-01-02', 5), reserved, returning('b', '2026-01-10', { p: 1 }), other],
    ].map((inputs) => kept(...inputs));
    const told = weights.map(({ weight }) => weight);
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
    const [first] = weights as [MemberState];
    expect(forget(first, 0)).toBeUndefined();
    first.weight *= 2;
    expect(forget(first, 0)).toBeDefined();
    first.weight -= 1;
    expect(forget(first, 0)).toBeUndefined();
  });
});
