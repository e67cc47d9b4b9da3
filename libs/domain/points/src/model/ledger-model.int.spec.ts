import type { PointsSent } from '@loyalty/contracts';
import { type Database, openDatabase } from '@loyalty/database';
import { ClockBehindError, type ListedOutcome, readHeads, verifyChain, type Work } from '@loyalty/event-store';
import { shardOf } from '@loyalty/kernel';
import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import { pointsChecks } from '../checks.ts';
import type { PointsAnswer, PointsInput } from '../core/input.ts';
import { Courier } from '../courier.ts';
import { memberLots } from '../member-lots.ts';
import { pointsEntities } from '../points-entities.ts';
import { installForTests, learnPrograms } from '../points.fixture.ts';
import * as works from '../points-work.ts';
import { createPointsWriter, type PointsWriter } from '../points-writer.ts';
import { commandOf, DAY, inputOf, MEMBERS, parcelOf, saidBy, START, step, type Step } from './command.fixture.ts';
import { type Command, type Parcel, type Said, tell } from './naive-ledger.fixture.ts';
import { NaiveMember, type Standing } from './naive-member.fixture.ts';

const SCALE = Number(process.env['TEST_SCALE'] ?? 1);
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000_000);
const COMMANDS = 3_000 * SCALE;
const RULES = { minimum: 1, revive: undefined };
const SECOND = 1_000;

const clock = fakeClock(START + 20 * DAY);
let copy: TestDatabase;
let database: Database;
let shards: number;
/** Those that work now, as two processes would. */
const working: [PointsWriter, PointsWriter] = [] as never;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'model spec', entities: [...pointsEntities] });
  shards = (await readHeads(database.pool, 'points')).length;
  for (const place of [0, 1] as const) await start(place);
  await learnPrograms(working[0], 'club');
});
afterAll(async () => {
  for (const writer of working) await writer.close();
  await database.close();
  await copy.close();
});

/** A process that takes the place of one that is gone: it knows nothing but what the database says. */
async function start(place: 0 | 1): Promise<void> {
  const gone: PointsWriter | undefined = working[place];
  working[place] = createPointsWriter(database.pool, { clock: clock.micros, validate: true, loops: place + 1 });
  await gone?.close();
}

/** What is done at one moment by many tills. */
interface Round {
  readonly pause: number;
  readonly steps: readonly Step[];
  /** Before it: a process dies, or the clock steps back. */
  readonly mischief: 'none' | 'crash' | 'clock';
}

const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    pause: fc.oneof(fc.constantFrom(1, 3_600, 86_400), fc.integer({ min: 1, max: 2 * 86_400 })),
    steps: fc.array(step, { minLength: 1, maxLength: 14 }),
    mischief: fc.oneof(
      { weight: 8, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constant('crash' as const) },
      { weight: 1, arbitrary: fc.constant('clock' as const) },
    ),
  }),
  { minLength: 1, maxLength: 12, size: 'max' },
);

type Outcome = ListedOutcome<PointsAnswer | null>;

interface Asked {
  readonly member: number;
  readonly command: Command;
  readonly work: Work<PointsInput>;
  outcome?: Outcome;
}

/** The ledger on PostgreSQL and the model, side by side, for members of their own. */
class World {
  commands = 0;
  readonly #names: string[];
  readonly #naive = MEMBERS.map(() => new NaiveMember());
  readonly #told = new Map<string, number>();
  readonly #kept: Asked[] = [];
  #parcels: (Parcel & { readonly to: number })[] = [];

  constructor(private readonly name: string) {
    this.#names = MEMBERS.map((member) => `${name}-${member}`);
  }

  async round({ pause, steps, mischief }: Round): Promise<void> {
    if (mischief === 'crash') await start((this.commands % 2) as 0 | 1);
    if (mischief === 'clock') await this.#stepBack();
    clock.advance(pause * SECOND);
    const asked = steps.flatMap((what, i) => this.#ask(what, i));
    // Facts come in their own order through one process, tills ask any.
    const second = asked.filter(({ work }, i) => work.key !== undefined && i % 2 === 1);
    const halves = [asked.filter((each) => !second.includes(each)), second];
    await Promise.all(halves.map((half, i) => run(working[i as 0 | 1], half)));
    for (const each of asked) if (each.work.key && !this.#kept.includes(each)) this.#kept.push(each);
    for (const member of MEMBERS.keys()) this.#compare(member, asked);
    if (steps.some(({ kind }) => kind === 'receive')) await this.deliver();
    for (const member of MEMBERS.keys()) await this.check(member, clock.now());
    this.commands += asked.length;
  }

  /** Far behind the log nothing is written, and nothing is lost by that. */
  async #stepBack(): Promise<void> {
    const now = clock.now();
    clock.advance(-DAY);
    const subject = this.#names[0] as string;
    const settle = { subject, input: { kind: 'settle' as const } };
    const [{ position } = { position: 0 }] = (await readHeads(database.pool, 'points')).filter(
      ({ shard }) => shard === shardOf(subject, shards),
    );
    const outcome = await working[0].execute(settle).catch((error: Error) => error);
    if (position > 0 && !('kind' in outcome)) expect(outcome).toBeInstanceOf(ClockBehindError);
    clock.set(now);
  }

  #ask(what: Step, i: number): Asked[] {
    if (what.kind === 'receive') return [];
    if (what.kind === 'again') {
      const earlier = this.#kept.at(-1 - what.a);
      return earlier ? [{ member: earlier.member, command: earlier.command, work: earlier.work }] : [];
    }
    const id = `${this.name}-${this.commands}-${i}`;
    const member = this.#naive[what.member] as NaiveMember;
    const told = this.#told;
    const scene = { now: clock.now(), id, member, names: this.#names, parcels: [], told };
    const command = commandOf(what.kind, what, scene);
    if (!command) return [];
    const work = workOf(this.#names[what.member] as string, id, command);
    const one = { member: what.member, command, work };
    // A till that hears nothing asks again, and another process may hear it.
    return what.c > 8 && work.key ? [one, { ...one }] : [one];
  }

  /**
   * Some order of the commands must explain what everybody was told. What wrote is in the order of the log; what was refused must
   * have been refusable somewhere on the way.
   */
  #compare(member: number, asked: readonly Asked[]): void {
    const mine = asked.filter((each) => each.member === member);
    const first = mine.filter((each) => isFirst(each));
    for (const each of mine) if (!isFirst(each)) this.#repeated(each, mine);
    const wrote = first.filter((each) => positionOf(each) !== null);
    wrote.sort((a, b) => (positionOf(a) as number) - (positionOf(b) as number));
    let refused = first.filter(({ outcome }) => outcome?.kind === 'refused');
    const naive = this.#naive[member] as NaiveMember;
    const now = clock.now();
    for (let i = 0; ; i += 1) {
      refused = refused.filter(({ command, outcome }) => {
        const said = tell(naive.copy(), command, now, RULES);
        return said.said !== (outcome as { refusal: { code: string } }).refusal.code;
      });
      const next = wrote[i];
      if (!next) break;
      const said = tell(naive, next.command, now, RULES);
      expect({ ...next.command, ...saidOf(next.outcome as Outcome) }).toEqual({ ...next.command, ...said });
      this.#keepParcel(next, naive);
    }
    expect(refused.map(({ command, outcome }) => [command, outcome])).toEqual([]);
  }

  #repeated({ work, outcome }: Asked, mine: readonly Asked[]): void {
    const before = [...this.#kept, ...mine].find((each) => each.work.key?.key === work.key?.key && isFirst(each));
    expect(saidOf(outcome as Outcome)).toEqual(saidOf(before?.outcome as Outcome));
  }

  #keepParcel({ command, outcome }: Asked, naive: NaiveMember): void {
    if (command.kind !== 'send' || outcome?.kind !== 'accepted') return;
    const lots = (outcome.answer?.lots ?? []).map(({ lot, points }) => {
      const { until } = naive.lot(lot);
      return { lot, points, expiresAt: until === Infinity ? null : new Date(until).toISOString() };
    });
    const sent = { transfer: command.id, at: new Date(clock.now()).toISOString(), lots } as unknown as PointsSent;
    this.#parcels.push({ ...parcelOf(sent), to: this.#names.indexOf(command.to) });
  }

  async deliver(): Promise<void> {
    await Promise.all(working.map((writer) => new Courier(database.pool, writer).deliverAll()));
    for (const parcel of this.#parcels) {
      tell(this.#naive[parcel.to] as NaiveMember, { kind: 'receive', parcel }, clock.now(), RULES);
    }
    this.#parcels = [];
  }

  /** As the service reads it: from its rows, or from the log. */
  async check(member: number, at: number): Promise<void> {
    const moment = { at, known: null, isNow: at === clock.now() };
    const { lots } = await memberLots(database, this.#names[member] as string, moment);
    const found = lots.map(({ lot, balance }) => [lot, nonZero(balance)] as const);
    const standing = Object.fromEntries((this.#naive[member] as NaiveMember).standingAt(at));
    expect(Object.fromEntries(found.filter(([, told]) => Object.keys(told).length > 0))).toEqual(standing);
  }
}

async function run(writer: PointsWriter, asked: readonly Asked[]): Promise<void> {
  const outcomes = await writer.executeMany(asked.map(({ work }) => work));
  asked.forEach((each, i) => (each.outcome = outcomes[i] as Outcome));
}

const isFirst = ({ outcome }: Asked): boolean =>
  outcome?.kind !== 'failed' && !(outcome as { replayed?: boolean }).replayed;

function positionOf({ outcome }: Asked): number | null {
  return outcome?.kind === 'accepted' ? (outcome.position?.position ?? null) : null;
}

function saidOf(outcome: Outcome): Said {
  if (outcome.kind === 'accepted') return saidBy(outcome.answer);
  if (outcome.kind === 'refused') return { said: outcome.refusal.code };
  throw new Error(`${outcome.kind}: ${'error' in outcome ? outcome.error.message : ''}`);
}

/** As the service's own doors would send it. */
function workOf(member: string, id: string, command: Command): Work<PointsInput> {
  const input = inputOf(command, () => {
    throw new Error('couriers deliver here');
  });
  switch (input.kind) {
    case 'redeem':
      return works.redeemWork(member, id, omit(input));
    case 'reserve':
      return works.reserveWork(member, id, omit(input));
    case 'capture':
      return works.captureWork(member, id, omit(input));
    case 'void':
      return works.voidWork(member, id, input.reservation);
    case 'undo':
      return works.undoWork(member, id, omit(input));
    case 'send':
      return works.sendWork(member, id, omit(input));
    case 'adjust':
      return works.adjustWork(member, id, omit(input));
    case 'rate':
      return { subject: member, input: { ...input, first: command.kind === 'rate' && isNew(command.purchase) } };
    default:
      return { subject: member, input };
  }
}

const rated = new Set<string>();
/** The tier engine knows which purchases it never rated before: then the ledger may open a lot unseen. */
function isNew(purchase: string): boolean {
  const known = rated.has(purchase);
  rated.add(purchase);
  return !known;
}

function omit<T extends { kind: string }>(input: T): Omit<T, 'kind' | 'id' | 'from'> {
  const { kind: _kind, ...rest } = input;
  for (const name of ['id', 'from'] as const) delete (rest as Record<string, unknown>)[name];
  return rest as Omit<T, 'kind' | 'id' | 'from'>;
}

const nonZero = (balance: object): Standing =>
  Object.fromEntries(Object.entries(balance).filter(([, points]) => points !== 0)) as Standing;

it(`any commands at once, in two processes, with crashes, do what the model does in some order (TEST_SEED=${SEED})`, async () => {
  let commands = 0;
  let worlds = 0;
  const property = fc.asyncProperty(rounds, async (given) => {
    const world = new World(`w${(worlds += 1)}`);
    for (const round of given) await world.round(round);
    await world.deliver();
    for (const member of MEMBERS.keys()) {
      for (const at of [clock.now(), clock.now() - 9 * DAY, clock.now() + 9 * DAY]) await world.check(member, at);
    }
    commands += world.commands;
  });
  for (let round = 0; commands < COMMANDS; round += 1) {
    await fc.assert(property, { numRuns: 10, seed: SEED + round, endOnFailure: true });
  }
  for (const check of pointsChecks) {
    expect({ seed: SEED, ...(await check.run(database.pool, clock.now())) }).toMatchObject({ ok: true, problems: [] });
  }
  for (const { shard } of await readHeads(database.pool, 'points')) {
    const chain = { schema: 'points', service: 'points', shard };
    expect(await verifyChain(database.pool, chain)).toMatchObject({ ok: true });
  }
}, 3_600_000);
