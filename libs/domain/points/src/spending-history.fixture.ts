import fc from 'fast-check';
import type { PointsInput } from './core/input.ts';
import { rating, returning } from './core/scenario.fixture.ts';

export const DAY = 86_400_000;
export const START = Date.UTC(2026, 0, 1);
export const NOW = START + 50 * DAY;
const day = (n: number): string => new Date(START + n * DAY).toISOString();
const PURCHASES = ['a', 'b', 'c', 'd'];
export const runs = {
  numRuns: Math.ceil(200 * Number(process.env['TEST_SCALE'] ?? 1)),
  verbose: fc.VerbosityLevel.None,
};
const policy = fc.constantFrom('owe' as const, 'otherLots' as const, 'waive' as const);

/** Days by date, or a period by inactivity. */
const lasting = fc.oneof(fc.nat({ max: 30 }), fc.constantFrom('P15D', 'P3W'));

/** Facts are dated before NOW. */
const fact: fc.Arbitrary<PointsInput> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...PURCHASES), fc.nat({ max: 100 }), fc.nat({ max: 12 }), lasting, policy)
    .map(([id, points, pending, how, shortfall]) => {
      const bought = PURCHASES.indexOf(id) * 10;
      const end =
        typeof how === 'number'
          ? { expiresAt: day(bought + 20 + how) }
          : { expiresAt: null, inactivity: { after: how, timeZone: 'America/New_York' } };
      return rating(id, day(bought), points, { activeFrom: day(bought + pending), ...end, shortfall }, false);
    }),
  fc
    .tuple(
      fc.constantFrom('r', 's', 't'),
      fc.dictionary(fc.constantFrom(...PURCHASES), fc.nat({ max: 80 }), { maxKeys: 2 }),
    )
    .map(([id, taken]) => returning(id, day(42 + id.charCodeAt(0) - 114), taken)),
);

/** Names are few, so that decisions meet; `id` is made unique when it is told. */
const name = fc.nat({ max: 5 });
type Decision = (unique: string, known: readonly string[]) => PointsInput;
const pick = (known: readonly string[], n: number): string => known[n % (known.length || 1)] ?? 'nobody';
const club = { program: 'club' } as const;
const points = fc.integer({ min: 1, max: 60 });
const decision: fc.Arbitrary<Decision> = fc.oneof(
  points.map((p): Decision => (id) => ({ kind: 'redeem', id, points: p, ...club })),
  points.map((p): Decision => (id) => ({ kind: 'send', id, points: p, from: 'ann', to: 'bob', ...club })),
  points.map((p): Decision => (id) => ({ kind: 'adjust', id, points: -p, reason: 'x', ...club })),
  fc
    .tuple(points, fc.constantFrom('PT1H', 'P1D', 'P3D', 'P8D'))
    .map(([p, ttl]): Decision => (id) => ({ kind: 'reserve', id, points: p, ttl, ...club })),
  fc.tuple(name, fc.option(points)).map(([n, p]): Decision => (_, known) => ({
    kind: 'capture',
    reservation: pick(known, n),
    ...(p !== null && { points: p }),
  })),
  name.map((n): Decision => (_, known) => ({ kind: 'void', reservation: pick(known, n) })),
  fc.tuple(name, fc.option(points)).map(([n, p]): Decision => (id, known) => ({
    kind: 'undo',
    id,
    redemption: pick(known, n),
    ...(p !== null && { points: p }),
  })),
);

export interface Step {
  readonly after: number;
  readonly what: PointsInput | Decision;
}

const after = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3 * DAY }));
export const history: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(fact, { maxLength: 6 }),
    fc.array(
      fc.record<Step>({ after, what: fc.oneof({ arbitrary: decision, weight: 3 }, { arbitrary: fact, weight: 1 }) }),
      {
        maxLength: 25,
      },
    ),
  )
  .map(([facts, rest]) => [...facts.map((what) => ({ after: 1, what })), ...rest]);
