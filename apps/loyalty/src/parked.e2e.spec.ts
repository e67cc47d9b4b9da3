import pg from 'pg';
import { databaseUrl, loyalty, loyaltyJson, temporaryHome, type Spawned } from './process.fixture.ts';
import type { CheckOutcome } from './verify/check-outcome.ts';

/** A member whose points the database refuses to write, as a fault in a migration or in our code would: everyone else goes on. */
const LONG_MS = 120_000;
const SICK = 'M-sick';
const LOST = 'M-lost';
const WELL = ['M-1', 'M-2', 'M-3', 'M-4', 'M-5', 'M-6', 'M-7', 'M-8', 'M-9'];

interface Parked {
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  readonly position: number;
  readonly subject: string;
  readonly reason: string;
  readonly attempts: number;
}

let place: Awaited<ReturnType<typeof temporaryHome>>;
let running: Spawned;
let url: string;
let key: string;
let keys = 0;
let database: pg.Client;

beforeAll(async () => {
  place = await temporaryHome();
  running = loyalty(['start'], place.home, { PORT: '0', LOYALTY_DEMO: 'false', SWEEP_SECONDS: '0' });
  url = (await running.line(/^ready (\S+)$/m))[1] as string;
  key = (await running.line(/(loyalty_\S+)/))[1] as string;
  database = new pg.Client({ connectionString: databaseUrl(place.home) as string });
  await database.connect();
}, LONG_MS);
afterAll(async () => {
  await database.end();
  running.child.kill('SIGTERM');
  await running.ended();
  await place.remove();
}, LONG_MS);

describe('an event that a service cannot apply', () => {
  it(
    'is parked with its member’s later ones, while everyone else’s are applied',
    async () => {
      await fallIll(SICK);
      await buy(SICK, 1);
      for (const member of WELL) await buy(member, 1);
      await buy(SICK, 2);
      for (const member of WELL) expect(await receipt(member, 1)).toBe(200);
      const parked = await untilParked(2);
      expect(parked).toMatchObject([
        {
          consumer: 'points',
          source: 'tiers',
          subject: SICK,
          attempts: 5,
          reason: expect.stringContaining('M-sick is ill'),
        },
        { subject: SICK, attempts: 0, reason: expect.stringContaining('waits behind') },
      ]);
      expect(parked[0]?.position).toBeLessThan(parked[1]?.position as number);
      const health = (await (await fetch(`${url}/health/ready`)).json()) as { info: Record<string, unknown> };
      expect(health).toMatchObject({ status: 'ok', info: { 'points<tiers': { status: 'up', parked: 2 } } });
      const { code, checks } = await verify();
      expect(code).toBe(1);
      expect(checks.find(({ name }) => name === 'points follows tiers')?.problems).toEqual([
        `shard ${parked[0]?.shard}: 2 parked, so this is incomplete (loyalty parked list)`,
      ]);
    },
    LONG_MS,
  );

  it(
    'fails again as long as the cause is there, and changes nothing',
    async () => {
      const { code, result } = await cli<{ released: number; failed: Parked[] }>('parked', 'retry');
      expect([code, result]).toMatchObject([1, { released: 0, failed: [{ subject: SICK, attempts: 6 }] }]);
      expect(await entries(SICK)).toEqual([]);
    },
    LONG_MS,
  );

  it(
    'is applied by a retry once the cause is mended: in order, once, and what comes later needs none',
    async () => {
      await recover();
      await buy(SICK, 3);
      const { code, result } = await cli('parked', 'retry', '--member', SICK);
      expect([code, result]).toMatchObject([0, { refused: 0, failed: [] }]);
      expect(await receipt(SICK, 3)).toBe(200);
      expect(await entries(SICK)).toEqual(['till/M-sick-1', 'till/M-sick-2', 'till/M-sick-3']);
      expect((await cli('parked', 'retry')).result).toEqual({ released: 0, refused: 0, failed: [] });
      expect((await cli('parked', 'list')).result).toEqual({ parked: [] });
      const { code: verified, checks } = await verify();
      expect([verified, checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
    },
    LONG_MS,
  );

  it(
    'can be given up, which is recorded with who and why, and the proofs know of it',
    async () => {
      await fallIll(LOST);
      await buy(LOST, 1);
      await buy(LOST, 2);
      const [first] = await untilParked(2);
      await recover();
      const spot = ['points', 'tiers', String(first?.shard), String(first?.position)];
      const mute = await cli<{ error: string }>('parked', 'discard', ...spot);
      expect([mute.code, mute.result.error]).toEqual([2, expect.stringContaining('--reason and --by are needed')]);
      const why = ['--reason', 'a test till', '--by', 'ops-7'];
      expect(await cli('parked', 'discard', ...spot, ...why)).toMatchObject({ code: 0, result: { discarded: true } });
      expect(await cli('parked', 'discard', ...spot, ...why)).toMatchObject({ code: 1, result: { discarded: false } });
      const { rows } = await database.query<{ data: unknown; shards: string }>(
        `SELECT data::json AS data, count(*) OVER () AS shards FROM points.events WHERE type = 'reaction.discarded.v1' LIMIT 1`,
      );
      expect(rows).toMatchObject([
        {
          shards: '8',
          data: { consumer: 'points', source: 'tiers', subject: LOST, reason: 'a test till', by: 'ops-7' },
        },
      ]);
      expect((await cli<{ parked: Parked[] }>('parked', 'list')).result.parked).toMatchObject([{ attempts: 0 }]);
      expect((await cli('parked', 'retry')).result).toMatchObject({ released: 1, failed: [] });
      expect(await entries(LOST)).toEqual(['till/M-lost-2']);
      const { code, checks } = await verify();
      expect([code, checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
      expect(checks.find(({ name }) => name === 'points follows tiers')?.note).toBe(
        'without 1 event given up by an operator (loyalty parked discard)',
      );
    },
    LONG_MS,
  );
});

it(
  'points that cannot arrive at their receiver are parked alone, arrive by a retry, or are given up',
  async () => {
    const gift = { points: 50, reason: 'prize', program: 'standard', expiresAt: null };
    expect((await post('/v1/members/M-giver/adjustments', gift)).status).toBe(201);
    await fallIll('M-heir');
    for (const to of ['M-heir', 'M-1', 'M-heir']) {
      expect((await post('/v1/members/M-giver/transfers', { points: 5, to })).status).toBe(201);
    }
    const parked = await untilParked(2);
    const own = { consumer: 'transfers', source: 'points', subject: 'M-giver', attempts: 1 };
    expect(parked).toMatchObject([{ ...own, reason: expect.stringContaining('M-heir is ill') }, own]);
    expect(await received()).toEqual([{ subject: 'M-1', transfers: 1 }]);
    const { code, checks } = await verify();
    expect([code, checks.filter(({ ok }) => !ok).map(({ name }) => name)]).toEqual([
      1,
      ['transfers follows points', 'points: what members sent has arrived, whole and once'],
    ]);
    await recover();
    const spot = ['transfers', 'points', String(parked[0]?.shard), String(parked[0]?.position)];
    const why = ['--reason', 'given back', '--by', 'ops-7'];
    expect(await cli('parked', 'discard', ...spot, ...why)).toMatchObject({ code: 0, result: { discarded: true } });
    expect((await cli('parked', 'retry', '--service', 'transfers')).result).toMatchObject({ released: 1, failed: [] });
    expect(await received()).toEqual([
      { subject: 'M-1', transfers: 1 },
      { subject: 'M-heir', transfers: 1 },
    ]);
    const after = await verify();
    expect([after.code, after.checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
    expect(after.checks.find(({ name }) => name === 'transfers follows points')?.note).toContain('without 1 event');
  },
  LONG_MS,
);

it(
  'a dead letter is told by verify, and is no defect',
  async () => {
    await database.query(`INSERT INTO purchases.dead_letters (topic, topic_id, partition, at_offset, headers, code, pointer, message)
      VALUES ('purchases.inbound', gen_random_uuid(), 0, 7, '{}', 'no_value', '', 'The record has no value.')`);
    const { code, checks } = await verify();
    const name = 'purchases: dead letters that were resubmitted are recorded';
    expect([code, checks.find((check) => check.name === name)]).toMatchObject([
      0,
      { ok: true, note: 'sent over Kafka and not recorded: 1 waiting to be corrected (loyalty dead-letters list)' },
    ]);
  },
  LONG_MS,
);

function post(path: string, body: object): Promise<Response> {
  return ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'idempotency-key': `k-${++keys}` } });
}

async function received(): Promise<object[]> {
  const { rows } = await database.query<object>(
    `SELECT subject, count(*)::int AS transfers FROM points.events WHERE type = 'points.received.v1' GROUP BY 1 ORDER BY 1`,
  );
  return rows;
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(init.headers as object) };
  return fetch(url + path, { ...init, headers });
}

async function buy(member: string, n: number): Promise<void> {
  const purchase = {
    source: 'till',
    id: `${member}-${n}`,
    member,
    at: `2026-06-0${n}T10:00:00+08:00`,
    currency: 'CNY',
    lines: [{ item: 'tea', quantity: '1', unitPrice: '10.00' }],
  };
  expect((await ask('/v1/purchases', { method: 'POST', body: JSON.stringify(purchase) })).status).toBe(201);
}

const receipt = async (member: string, n: number): Promise<number> =>
  (await ask(`/v1/members/${member}/entries?cause=till/${member}-${n}&wait=10`)).status;

/** The lots that the member's purchases opened, in the order in which they were recorded. */
async function entries(member: string): Promise<string[]> {
  const { rows } = await database.query<{ lot: string }>(
    `SELECT data::json ->> 'lot' AS lot FROM points.events WHERE subject = $1 AND type = 'points.earned.v1' ORDER BY position`,
    [member],
  );
  return rows.map(({ lot }) => lot);
}

function cli<T>(...args: string[]): Promise<{ code: number | null; result: T }> {
  return loyaltyJson<T>(args, place.home);
}

async function verify(): Promise<{ code: number | null; checks: readonly CheckOutcome[] }> {
  const { code, result } = await cli<{ checks: CheckOutcome[] }>('verify');
  return { code, checks: result.checks };
}

async function untilParked(count: number): Promise<readonly Parked[]> {
  for (;;) {
    const { rows } = await database.query(`SELECT FROM points.parked`);
    if (rows.length === count) return (await cli<{ parked: Parked[] }>('parked', 'list')).result.parked;
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

async function fallIll(member: string): Promise<void> {
  await database.query(`CREATE OR REPLACE FUNCTION points.ill() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is ill', NEW.member; END $$;
    CREATE TRIGGER ill BEFORE INSERT ON points.lots FOR EACH ROW WHEN (NEW.member = '${member}') EXECUTE FUNCTION points.ill()`);
}

async function recover(): Promise<void> {
  await database.query('DROP TRIGGER ill ON points.lots');
}
