import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createWriter, installEventStore, readLog, type Decider, type Writer } from '@loyalty/event-store';
import { EmbeddedEventLog, EventLogStrategy, waitUntilCaughtUp } from '@loyalty/event-log';
import type { NewEvent } from '@loyalty/kernel';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { instantOf, rating, returning } from './core/scenario.fixture.ts';
import type { PointsInput } from './core/input.ts';
import { installForTests } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import { pointsReactor } from './points-reactor-route.ts';
import { adjustWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { RewardDesk } from './reward-desk.ts';
import { POINTS_WRITER } from './tokens.ts';

/** A tier engine that appends what it is told. */
const tiers: Decider<null, NewEvent, null, null> = {
  load: (_, subjects) => Promise.resolve(new Map(subjects.map(({ subject }) => [subject, null]))),
  loadGlobal: () => Promise.resolve(null),
  decide: (event) => ({ kind: 'accepted', events: [event], answer: null }),
  evolve: () => null,
  weigh: () => 1,
  models: [],
};

let copy: TestDatabase;
let database: Database;
let transport: EmbeddedEventLog;
let source: Writer<NewEvent, null, null>;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let caughtUp: () => Promise<void>;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'points reactor spec', entities: [...pointsEntities] });
  const { pool } = database;
  await installEventStore(pool, { schema: 'tiers', service: 'tiers' });
  source = createWriter({ pool, schema: 'tiers', service: 'tiers', decider: tiers });
  transport = new EmbeddedEventLog({ pool, schemaOf: (service) => service });
  source.onCommitted(() => transport.committed('tiers'));
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({}),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  const { shards } = await readLog(pool, 'tiers');
  const writer = app.get<PointsWriter>(POINTS_WRITER);
  const strategy = new EventLogStrategy<PointsInput>({
    ...pointsReactor,
    schema: 'points',
    shards,
    pool,
    transport,
    writer,
  });
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  const { consumer } = pointsReactor;
  caughtUp = () =>
    waitUntilCaughtUp(pool, [{ schema: 'points', consumer, source: 'tiers', sourceSchema: 'tiers', shards }]);
});
afterAll(async () => {
  await app.close();
  await source.close();
  await transport.close();
  await database.close();
  await copy.close();
});

const tell = (subject: string, type: string, data: object) =>
  source.execute({ subject, input: { type, time: instantOf('2026-01-01'), data } });
const wallets = async () =>
  (await database.pool.query(`SELECT member, -issued AS issued, held, reversed FROM points.wallets ORDER BY 1`)).rows;

it('turns ratings of purchases and returns, and their corrections, into lots', async () => {
  const { rating: bought } = rating('p1', '2026-01-01', 100);
  await tell('m-1', 'purchase.rated.v1', bought);
  await tell('m-1', 'return.rated.v1', returning('x', '2026-01-10', { p1: 30 }).rating);
  await tell('m-1', 'rating.corrected.v1', {
    cause: { kind: 'program' },
    previousPoints: 100,
    purchase: { ...bought, points: 90, version: 'v2' },
  });
  await tell('m-1', 'rating.corrected.v1', {
    cause: { kind: 'amended' },
    previousPoints: 30,
    return: returning('x', '2026-01-10', { p1: 20 }).rating,
  });
  await tell('m-2', 'purchase.rated.v1', rating('p2', '2026-01-01', 0).rating);
  await tell('doc:shop/p3', 'purchase.rated.v1', rating('p3', '2026-01-01', 5).rating);
  await caughtUp();
  expect(await wallets()).toEqual([{ member: 'm-1', issued: 90, held: 70, reversed: 20 }]);
  // Worth nothing, or nobody's: no entry; the till that waits for the first is answered all the same.
  expect((await database.pool.query(`SELECT key FROM points.keys`)).rows).toEqual([{ key: '["shop","p2"]' }]);
  const { rows } = await database.pool.query(`SELECT causation FROM points.events`);
  const { rows: causes } = await database.pool.query(`SELECT id FROM tiers.events WHERE subject = 'm-1'`);
  expect(rows.map(({ causation }) => causation).sort()).toEqual(causes.map(({ id }) => id).sort());
});

it('learns the terms of a published program once, though it stands in every shard', async () => {
  const document =
    'program: club\ntimeZone: Asia/Shanghai\npoints: { expiry: { after: P12M, alignTo: endOfMonth } }\nredemption: { minimum: 100 }\n';
  const published = { program: 'club', effectiveFrom: '2026-01-01T00:00:00.000Z', version: 'v1', document };
  await source.broadcast('program:club', [{ type: 'program.published.v1', time: 0, data: published }]);
  await caughtUp();
  const { rows } = await database.pool.query(`SELECT data::json ->> 'minimumRedemption' AS minimum FROM points.terms`);
  expect(rows).toEqual([{ minimum: '100' }]);
  const { rows: copies } = await database.pool.query(
    `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids FROM points.events WHERE type = 'terms.learned.v1'`,
  );
  expect(copies).toEqual([{ n: 8, ids: 1 }]);
  const writer = app.get<PointsWriter>(POINTS_WRITER);
  const given = await writer.execute(adjustWork('m-3', 'a-1', { points: 5, reason: 'goodwill', program: 'club' }));
  expect(given).toMatchObject({ kind: 'accepted', answer: { spendable: 5 } });
});

it('learns a member’s tier from whatever event brings it, for rewards of some tiers only', async () => {
  const document = 'program: club\nrewards: [{ id: tea, name: { en: Tea }, points: 1, tiers: [gold] }]\n';
  const published = { program: 'club', effectiveFrom: '2026-01-02T00:00:00.000Z', version: 'v2', document };
  await source.broadcast('program:club', [{ type: 'program.published.v1', time: 0, data: published }]);
  const gold = [{ tier: 'gold', from: '2026-01-01T00:00:00.000Z' }];
  const silver = [...gold, { tier: 'silver', from: '2026-01-05T00:00:00.000Z' }];
  const coming = [...gold, { tier: 'silver', from: '2126-01-05T00:00:00.000Z' }];
  const bought = (id: string) => rating(id, '2026-01-01', 10).rating;
  const back = returning('y', '2026-01-10', { r1: 1 }).rating;
  const changed = { program: 'club', at: '2026-01-01T00:00:00.000Z', from: null, to: 'gold', reason: 'qualified' };
  const opened = { program: 'club', tier: 'gold', since: changed.at, keepUntil: changed.at, reference: 'o' };
  const told: Record<string, [type: string, data: object][]> = {
    'm-rated': [['purchase.rated.v1', { ...bought('a1'), course: coming }]],
    'm-returned': [['return.rated.v1', { ...back, course: gold }]],
    'm-corrected': [
      ['rating.corrected.v1', { cause: { kind: 'program' }, previousPoints: 10, purchase: bought('c1'), course: gold }],
    ],
    'm-changed': [['tier.changed.v1', { ...changed, course: gold }]],
    'm-opened': [['tier.opened.v1', { ...opened, course: gold }]],
    'm-fell': [
      ['purchase.rated.v1', { ...bought('f1'), course: gold }],
      ['tier.changed.v1', { ...changed, course: silver }],
    ],
    'm-none': [['purchase.rated.v1', bought('n1')]],
  };
  for (const [member, events] of Object.entries(told)) {
    await tell(member, 'purchase.rated.v1', bought(`${member}-1`));
    for (const [type, data] of events) await tell(member, type, data);
  }
  await caughtUp();
  const desk = app.get(RewardDesk);
  const said: Record<string, string> = {};
  for (const member of Object.keys(told)) {
    const outcome = await desk.redeem(member, `tea-${member}`, { reward: 'tea' });
    said[member] = outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;
  }
  expect(said).toEqual({
    'm-rated': 'accepted',
    'm-returned': 'accepted',
    'm-corrected': 'accepted',
    'm-changed': 'accepted',
    'm-opened': 'accepted',
    'm-fell': 'reward_not_for_tier',
    'm-none': 'reward_not_for_tier',
  });
});
