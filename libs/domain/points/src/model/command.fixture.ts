import type { PointsSent } from '@loyalty/contracts';
import fc from 'fast-check';
import type { PointsAnswer, PointsInput } from '../core/input.ts';
import { rating, returning } from '../core/scenario.fixture.ts';
import type { Command, Parcel, Said } from './naive-ledger.fixture.ts';
import type { NaiveMember } from './naive-member.fixture.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const START = Date.UTC(2026, 0, 1);
export const MEMBERS = ['ann', 'bob', 'cy'] as const;
const PROGRAM = 'club';
const POLICIES = ['owe', 'otherLots', 'waive'] as const;
const LASTING = [HOUR, 6 * HOUR, DAY, 3 * DAY];

/** What may happen, and numbers that make it particular: few, so that the same things meet again, and small, so that a shrunken run can be read. */
export interface Step {
  readonly kind: Command['kind'] | 'again';
  readonly member: number;
  readonly pause: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly points: number;
}

const often = <T>(weight: number, value: T) => ({ weight, arbitrary: fc.constant(value) });
export const kinds: fc.Arbitrary<Step['kind']> = fc.oneof(
  often<Step['kind']>(8, 'rate'),
  often<Step['kind']>(4, 'return'),
  often<Step['kind']>(5, 'redeem'),
  often<Step['kind']>(5, 'reserve'),
  often<Step['kind']>(4, 'capture'),
  often<Step['kind']>(2, 'void'),
  often<Step['kind']>(4, 'undo'),
  often<Step['kind']>(4, 'send'),
  often<Step['kind']>(4, 'receive'),
  often<Step['kind']>(2, 'give'),
  often<Step['kind']>(2, 'withdraw'),
  often<Step['kind']>(1, 'open'),
  often<Step['kind']>(1, 'close'),
  often<Step['kind']>(4, 'reopen'),
  often<Step['kind']>(2, 'sweep'),
  often<Step['kind']>(2, 'again'),
);

/** In ms. A standing clock and a long night are as likely as a moment. */
const pause = fc.oneof(fc.constantFrom(0, 1, HOUR, 6 * HOUR, DAY), fc.integer({ min: 0, max: 2 * DAY }));
export const step: fc.Arbitrary<Step> = fc.record({
  kind: kinds,
  // Most befalls one: what meets there is what the ledger has to get right.
  member: fc.constantFrom(0, 0, 0, 1, 2),
  pause,
  a: fc.nat({ max: 11 }),
  b: fc.nat({ max: 11 }),
  c: fc.nat({ max: 11 }),
  points: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 60 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 500) },
  ),
});

/** What a step needs to know of the member it befalls. */
export interface Scene {
  readonly now: number;
  /** Names this command for ever. */
  readonly id: string;
  readonly member: NaiveMember;
  /** `name` of the step's member and of the others. */
  readonly names: readonly string[];
  readonly parcels: readonly Parcel[];
  /** When purchases and returns happened, once they were told of. */
  readonly told: Map<string, number>;
}

/** The command that a step is here; null where there is nothing to do it with. */
export function commandOf(kind: Command['kind'], what: Step, scene: Scene): Command | null {
  const { a, b, c, points } = what;
  const { now, id, member, names, parcels, told } = scene;
  const me = names[what.member] as string;
  switch (kind) {
    case 'rate': {
      const purchase = `${me}-p${a % 4}`;
      // Now and then a document is amended so that it happened at another time.
      if (b === 0) told.delete(purchase);
      const at = known(told, purchase, now - (b * DAY) / 2);
      const from = at + (c % 4) * DAY;
      const until = c > 9 ? null : from + (1 + (a % 9)) * DAY;
      return { kind, purchase, at, from, until, policy: POLICIES[(a + b) % 3] as (typeof POLICIES)[number], points };
    }
    case 'return': {
      const name = `${me}-r${a % 4}`;
      const takes = { [`${me}-p${b % 4}`]: points % 61, ...(c > 6 && { [`${me}-p${(b + 1) % 4}`]: c }) };
      return { kind, id: name, at: known(told, name, now - (c * DAY) / 4), takes };
    }
    case 'open': {
      const from = now - (a - 6) * DAY;
      return {
        kind,
        id: `${me}-o${b % 3}`,
        points: points || 1,
        at: Math.min(from, now),
        from,
        until: from + (c - 1) * DAY,
      };
    }
    case 'redeem':
    case 'withdraw':
      return kind === 'withdraw' && points === 0 ? null : { kind, id, points };
    case 'reserve':
      return { kind, id, points, lasting: LASTING[a % LASTING.length] as number };
    case 'capture':
      return { kind, reservation: pick([...member.reservations.keys()], a), ...(b > 3 && { points: points % 70 }) };
    case 'void':
      return { kind, reservation: pick([...member.reservations.keys()], a) };
    case 'undo':
      return { kind, id, redemption: pick([...member.redemptions.keys()], a), ...(b > 3 && { points: points % 40 }) };
    case 'send':
      return { kind, id, points, from: me, to: names[(what.member + (a % 3)) % names.length] as string };
    case 'receive': {
      const parcel = parcels[a % (parcels.length || 1)];
      return parcel ? { kind, parcel } : null;
    }
    case 'give':
      return points === 0 ? null : { kind, id, points, until: b > 8 ? null : now + (b - 1) * DAY };
    case 'close':
    case 'reopen':
    case 'sweep':
      return { kind };
  }
}

/** The latest are asked for most; sometimes nobody's. */
const pick = (names: readonly string[], n: number): string => names.at(-1 - (n % 4)) ?? 'nobody';

function known(told: Map<string, number>, name: string, at: number): number {
  if (!told.has(name)) told.set(name, at);
  return told.get(name) as number;
}

/** The same command in the words of the ledger. @param sent what the ledger itself said when a parcel left */
export function inputOf(command: Command, sent: (parcel: Parcel) => { from: string; sent: PointsSent }): PointsInput {
  const program = PROGRAM;
  switch (command.kind) {
    case 'rate': {
      const { purchase, at, from, until, policy, points } = command;
      const terms = { activeFrom: iso(from), expiresAt: until === null ? null : iso(until), shortfall: policy };
      return rating(purchase, iso(at), points, terms, false);
    }
    case 'return':
      return returning(command.id, iso(command.at), { ...command.takes });
    case 'open': {
      const { id: reference, points, at: earnedAt, from: activeFrom, until: expiresAt } = command;
      return { kind: 'open', program, points, earnedAt, activeFrom, expiresAt, reference };
    }
    case 'redeem':
      return { kind: 'redeem', id: command.id, points: command.points, program };
    case 'send':
      return { ...command, program };
    case 'withdraw':
      return { kind: 'adjust', id: command.id, points: -command.points, program, reason: 'test' };
    case 'give': {
      const { id, points, until } = command;
      return { kind: 'adjust', id, points, program, reason: 'test', expiresAt: until };
    }
    case 'reserve':
      return { kind: 'reserve', id: command.id, points: command.points, program, ttl: `PT${command.lasting / 1000}S` };
    case 'capture':
    case 'void':
    case 'undo':
      return command;
    case 'receive':
      return { kind: 'receive', ...sent(command.parcel) };
    case 'close':
    case 'reopen':
      return { kind: command.kind, reason: 'test', by: 'test' };
    case 'sweep':
      return { kind: 'settle' };
  }
}

const iso = (at: number): string => new Date(at).toISOString();

/** What a till was told, as the model says it. */
export function saidBy(answer: PointsAnswer | null): Said {
  if (answer === null) return { said: 'done' };
  const { program: _program, id: _id, until, ...rest } = answer;
  return { said: 'done', ...rest, ...(until !== undefined && { until: Date.parse(until) }) };
}

/** What left with an accepted transfer. */
export function parcelOf({ transfer, at, lots }: PointsSent): Parcel {
  const parts = lots.map(({ points, expiresAt }) => ({
    points,
    until: expiresAt === null ? Infinity : Date.parse(expiresAt),
  }));
  return { id: transfer, at: Date.parse(at), parts };
}
