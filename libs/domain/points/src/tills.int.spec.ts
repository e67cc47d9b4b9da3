import { openDatabase, type Database } from '@loyalty/database';
import type { Outcome, Work } from '@loyalty/event-store';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import { pointsChecks } from './checks.ts';
import type { PointsAnswer, PointsInput } from './core/input.ts';
import { rating, returning } from './core/scenario.fixture.ts';
import { Courier } from './courier.ts';
import { readIntegrity } from './integrity.ts';
import { installForTests, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { adjustWork, captureWork, redeemWork, reserveWork, sendWork, undoWork, voidWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

const TILLS = 64;
const STEPS = 12;
const MEMBERS = ['m-whale', 'm-card', 'm-3'];
const EARNED = 3_000;
const program = 'club';

let copy: TestDatabase;
let database: Database;
/** Two processes, as far as the database can tell. */
let writers: [PointsWriter, PointsWriter];

beforeAll(async () => {
  copy = await testDatabase({ name: 'tills', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'tills spec', entities: [...pointsEntities] });
  writers = [
    createPointsWriter(database.pool, { validate: true }),
    createPointsWriter(database.pool, { validate: true }),
  ];
});
afterAll(async () => {
  for (const writer of writers) await writer.close();
  await database.close();
  await copy.close();
});

/** What a till does next, to whom, and how many points. */
const step = fc.record({
  what: fc.constantFrom('redeem', 'reserve', 'close', 'undo', 'send', 'adjust', 'return'),
  member: fc.nat({ max: MEMBERS.length - 1 }),
  points: fc.integer({ min: 1, max: 90 }),
  capture: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One till: remembers what it reserved and redeemed. */
class Till {
  readonly #reserved: [member: string, id: string][] = [];
  readonly #redeemed: [member: string, id: string][] = [];

  work({ what, member: n, points, capture }: Step, key: string): Work<PointsInput> | null {
    const member = MEMBERS[n] as string;
    switch (what) {
      case 'redeem':
        this.#redeemed.push([member, key]);
        return redeemWork(member, key, { points, program });
      case 'reserve':
        this.#reserved.push([member, key]);
        return reserveWork(member, key, { points, program });
      case 'close': {
        const [holder, reservation] = this.#reserved.pop() ?? [];
        if (holder === undefined || reservation === undefined) return null;
        return capture ? captureWork(holder, key, { reservation }) : voidWork(holder, key, reservation);
      }
      case 'undo': {
        const [spender, redemption] = this.#redeemed.at(-1) ?? [];
        return spender === undefined || redemption === undefined
          ? null
          : undoWork(spender, key, { redemption, points });
      }
      case 'send':
        return sendWork(member, key, { points, program, to: MEMBERS[(n + 1) % MEMBERS.length] as string });
      case 'adjust':
        return adjustWork(member, key, { points: -points, program, reason: 'test' });
      case 'return':
        return { subject: member, input: returning(key, new Date().toISOString(), { [`${member}-1`]: 5 }) };
    }
  }
}

it('sixty-four tills on the same three members, each asking twice at once, lose and double nothing', async () => {
  for (const member of MEMBERS) {
    for (const n of [1, 2, 3]) await tell(writers[0], member, rating(`${member}-${n}`, '2026-01-01', EARNED / 3));
  }
  const seed = Date.now() % 1_000_000;
  const plans = fc.sample(fc.array(step, { minLength: STEPS, maxLength: STEPS }), { numRuns: TILLS, seed });
  const couriers = writers.map((writer) => new Courier(database.pool, writer));
  const told = await Promise.all(plans.map((plan, i) => run(plan, `till-${i}`, couriers[i % 2] as Courier)));
  const outcomes = told.flat();
  const kinds = new Set(outcomes.map(([first]) => first.kind));
  expect({ seed, kinds: [...kinds].sort() }).toEqual({ seed, kinds: ['accepted', 'refused'] });
  for (const [first, second] of outcomes)
    expect({ seed, first: saidBy(first) }).toEqual({ seed, first: saidBy(second) });
  await Promise.all(couriers.map((courier) => courier.deliverAll()));
  const { sums } = await readIntegrity(database.pool, Date.now());
  expect({ seed, sums }).toMatchObject({ seed, sums: [{ inTransit: '0', conserved: true }] });
  for (const check of pointsChecks) {
    expect({ seed, ...(await check.run(database.pool, Date.now())) }).toMatchObject({ seed, ok: true, problems: [] });
  }
}, 60_000);

type Said = Outcome<PointsAnswer | null>;

/** Commands are asked for twice at the same time, once in each process; facts come once. */
async function run(plan: readonly Step[], name: string, courier: Courier): Promise<[Said, Said][]> {
  const till = new Till();
  const said: [Said, Said][] = [];
  for (const [i, next] of plan.entries()) {
    const work = till.work(next, `${name}-${i}`);
    if (!work) continue;
    const asked = work.key ? writers : writers.slice(0, 1);
    const [first, second] = await Promise.all(asked.map((writer) => writer.execute(work)));
    if (first) said.push([first, second ?? first]);
    if (next.what === 'send' && first?.kind === 'accepted' && first.position)
      await courier.deliver(first.position.shard);
  }
  return said;
}

function saidBy(outcome: Said): unknown {
  if (outcome.kind === 'accepted') return [outcome.answer, outcome.position];
  return outcome.kind === 'refused' ? outcome.refusal : outcome.kind;
}
