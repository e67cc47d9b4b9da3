import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { openTown, type Served, type Told, type Town } from './attack.fixture.ts';
import { pointsChecks } from './checks.ts';
import { rating, returning } from './core/scenario.fixture.ts';
import { readIntegrity } from './integrity.ts';
import { learnPrograms, tell } from './points.fixture.ts';
import { redeemWork } from './points-work.ts';
import { sweep } from './sweep.ts';

const SCALE = Number(process.env['TEST_SCALE'] ?? 1);
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000_000);
const TILLS = 64;
const QUEUE = 16;
const STEPS = Math.ceil(10 * SCALE);
const MEMBERS = ['m-whale', 'm-card', 'm-3', 'm-4'];
const program = 'club';

let town: Town;
beforeAll(async () => {
  town = await openTown(2);
  await learnPrograms((town.processes[0] as Served).writer, program);
});
afterAll(() => town.close());

const step = fc.record({
  what: fc.constantFrom('redeem', 'reserve', 'close', 'undo', 'send', 'give', 'take', 'buy', 'return', 'look'),
  member: fc.nat({ max: MEMBERS.length - 1 }),
  points: fc.integer({ min: 1, max: 90 }),
  capture: fc.boolean(),
  twice: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What all tills together were told has happened to points. */
interface Tally {
  spent: number;
  sent: number;
}

/** One till: a person with a basket, who remembers what it reserved and redeemed. */
class Till {
  readonly told: Told[] = [];
  readonly #reserved: [member: string, id: string][] = [];
  readonly #redeemed: [member: string, id: string][] = [];

  constructor(
    private readonly name: string,
    private readonly tally: Tally,
  ) {}

  async run(plan: readonly Step[]): Promise<void> {
    for (const [i, next] of plan.entries()) await this.#step(next, `${this.name}-${i}`);
  }

  async #step({ what, member: n, points, capture, twice }: Step, key: string): Promise<void> {
    const member = MEMBERS[n] as string;
    const [first, second] = town.processes as [Served, Served];
    if (what === 'buy') return tell(first.writer, member, rating(key, new Date().toISOString(), points, {}, true));
    if (what === 'return') {
      return tell(second.writer, member, returning(key, new Date().toISOString(), { [`${member}-1`]: points }));
    }
    const request = this.#request(what, member, points, capture, key);
    if (!request) return;
    const [path, body] = request;
    // Asked at both processes at once by who lost patience: both say the same.
    const asked = twice && body !== undefined ? [first, second] : [n % 2 === 0 ? first : second];
    const told = await Promise.all(asked.map((served) => served.ask(path, body, body && key)));
    expect({ seed: SEED, path, body: told.at(-1)?.body }).toEqual({ seed: SEED, path, body: told[0]?.body });
    this.told.push(...told);
    if ((told[0]?.status ?? 500) < 300 && body !== undefined) this.#book(what, told[0]?.body as object);
  }

  #request(what: string, member: string, points: number, capture: boolean, key: string): [string, object?] | null {
    switch (what) {
      case 'redeem':
        this.#redeemed.push([member, key]);
        return [`${member}/redemptions`, { points, program }];
      case 'reserve':
        this.#reserved.push([member, key]);
        return [`${member}/reservations`, { points, program }];
      case 'close': {
        const [holder, id] = this.#reserved.pop() ?? [];
        if (capture && holder !== undefined && id !== undefined) this.#redeemed.push([holder, id]);
        return holder === undefined ? null : [`${holder}/reservations/${id}/${capture ? 'capture' : 'void'}`, {}];
      }
      case 'undo': {
        const [spender, id] = this.#redeemed.at(-1) ?? [];
        return spender === undefined ? null : [`${spender}/redemptions/${id}/undo`, { points }];
      }
      case 'send':
        return [
          `${member}/transfers`,
          { points, program, to: MEMBERS[(MEMBERS.indexOf(member) + 1) % MEMBERS.length] },
        ];
      case 'give':
        return [`${member}/adjustments`, { points, program, reason: 'test', expiresAt: null }];
      case 'take':
        return [`${member}/adjustments`, { points: -points, program, reason: 'test' }];
      default:
        return [`${member}/balance`];
    }
  }

  #book(what: string, { points, released }: { points?: number; released?: number }): void {
    const moved = points as number;
    if (what === 'redeem') this.tally.spent += moved;
    if (what === 'close') this.tally.spent += released === moved && released !== undefined ? 0 : moved;
    if (what === 'undo') this.tally.spent -= moved;
    if (what === 'send') this.tally.sent += moved;
  }
}

async function proven(): Promise<void> {
  for (const check of pointsChecks) {
    const result = await check.run(town.database.pool, Date.now());
    expect({ seed: SEED, ...result }).toMatchObject({ seed: SEED, ok: true, problems: [] });
  }
}

it(`sixty-four tills on the same four members, over HTTP, at two processes (TEST_SEED=${SEED})`, async () => {
  const [first] = town.processes as [Served];
  for (const member of MEMBERS) await tell(first.writer, member, rating(`${member}-1`, '2026-01-01', 6_000));
  const plans = fc.sample(fc.array(step, { minLength: STEPS, maxLength: STEPS }), { numRuns: TILLS, seed: SEED });
  const tally = { spent: 0, sent: 0 };
  const tills = plans.map((_, i) => new Till(`till-${i}`, tally));
  await Promise.all(tills.map((till, i) => till.run(plans[i] as Step[])));
  const statuses = new Set(tills.flatMap(({ told }) => told.map(({ status }) => status)));
  expect([...statuses].filter((status) => ![200, 201, 422].includes(status))).toEqual([]);
  await sweep(town.database.pool, first.writer, Date.now());
  const { sums } = await readIntegrity(town.database.pool, Date.now());
  expect({ seed: SEED, sums }).toMatchObject({
    sums: [{ spent: String(tally.spent), sent: String(tally.sent), inTransit: '0', conserved: true }],
  });
  await proven();
}, 3_600_000);

it('twenty gifts of 100 points at once from a balance of 100, each asked for twice, are one gift', async () => {
  const [first, second] = town.processes as [Served, Served];
  await tell(first.writer, 'm-rich', rating('rich-1', '2026-01-01', 100));
  const gifts = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      (i % 2 === 0 ? first : second).ask(
        'm-rich/transfers',
        { points: 100, to: `m-friend-${i >> 1}` },
        `gift-${i >> 1}`,
      ),
    ),
  );
  const done = gifts.flatMap(({ status }, i) => (status < 300 ? [i >> 1] : []));
  expect([done.length, new Set(done).size]).toEqual([2, 1]);
  expect(new Set(gifts.flatMap(({ status, body }) => (status < 300 ? [] : [body['code']])))).toEqual(
    new Set(['insufficient_points']),
  );
  const { rows } = await town.database.pool.query(
    `SELECT sum(-received)::int AS received FROM points.wallets WHERE member LIKE 'm-friend-%'`,
  );
  expect(rows).toEqual([{ received: 100 }]);
  await proven();
});

it('a member whom everybody asks for does not slow the others', async () => {
  const { writer } = town.processes[0] as Served;
  const ASKED = 600;
  await tell(writer, 'm-hot', rating('hot-1', '2026-01-01', 1_000_000));
  const names = Array.from({ length: ASKED }, (_, i) => `m-cold-${i}`);
  await writer.executeMany(names.map((subject) => ({ subject, input: rating(`${subject}-1`, '2026-01-01', 1_000) })));
  const redeem = (member: string, key: string) => writer.execute(redeemWork(member, key, { points: 1, program }));
  /** How long those wait who are asked for once, among as many others; the better of three, in ms. */
  const wait = async (among: (i: number) => string, name: string): Promise<number> => {
    const times: number[] = [];
    for (const round of [1, 2, 3]) {
      const began = performance.now();
      const others = names.map((_, i) => redeem(among(i), `${name}-other-${round}-${i}`));
      await Promise.all(names.map((member, i) => redeem(member, `${name}-${round}-${i}`)));
      times.push(performance.now() - began);
      await Promise.all(others);
    }
    return Math.min(...times);
  };
  const spread = await wait((i) => names[(i * 7) % ASKED] as string, 'spread');
  const hot = await wait(() => 'm-hot', 'hot');
  process.stdout.write(`beside a hot member ${hot.toFixed(0)} ms, beside as many others ${spread.toFixed(0)} ms\n`);
  // Measured 0.8 to 1.9 on a busy machine; waiting behind each of the others would be hundreds.
  expect(hot / spread).toBeLessThan(5);
  await proven();
}, 120_000);

describe('a queue that is full', () => {
  let small: Town;
  beforeAll(async () => {
    small = await openTown(1, { queueLimit: QUEUE, loops: 1 });
    await tell((small.processes[0] as Served).writer, 'm-1', rating('p1', '2026-01-01', 100_000));
  });
  afterAll(() => small.close());

  it('turns away with 503 and a time to come back, keeps nothing of it, and loses nothing', async () => {
    const [served] = small.processes as [Served];
    const asked = Array.from({ length: Math.ceil(200 * Math.max(1, SCALE)) }, (_, i) => `full-${i}`);
    let before = Infinity;
    for (const round of [1, 2, 3]) {
      const away = await whileNothingCommits(small, served, asked);
      for (const { retryAfter, body } of away) {
        expect({ retryAfter, code: body['code'] }).toEqual({ retryAfter: '1', code: 'queue_full' });
      }
      if (round === 1) before = heapUsed();
    }
    expect(heapUsed() - before).toBeLessThan(30 * 1_048_576);
    for (let i = 0; i < asked.length; i += 8) {
      const some = asked.slice(i, i + 8).map((key) => served.ask('m-1/redemptions', { points: 1 }, key));
      expect((await Promise.all(some)).map(({ status }) => status < 300)).not.toContain(false);
    }
    expect((await served.ask('m-1/balance')).body).toMatchObject({ wallets: [{ spent: asked.length }] });
  }, 120_000);
});

/** All ask at once while somebody holds the log: those beyond a batch and a full queue are turned away. Gives what those were told. */
async function whileNothingCommits({ database }: Town, served: Served, keys: readonly string[]): Promise<Told[]> {
  const holder = await database.pool.connect();
  await holder.query('BEGIN; SELECT FROM points.heads FOR UPDATE');
  const away: Told[] = [];
  const told = await Promise.all(
    keys.map(async (key) => {
      const one = await served.ask('m-1/redemptions', { points: 1 }, key);
      if (one.status === 503 && away.push(one) === keys.length - 2 * QUEUE) await holder.query('COMMIT');
      return one;
    }),
  );
  holder.release();
  expect(told.filter(({ status }) => status !== 503 && status >= 300)).toEqual([]);
  return away;
}

/** Of what is still needed, in bytes. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
