import { rebuild } from '@loyalty/projections';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { explainRating } from './explain-rating.ts';
import { publishProgram, publishShippedPrograms } from './publish-program.ts';
import { recordDefaultProgram } from './published-programs.ts';
import { readMemberTiers } from './read-tiers.ts';
import { pendingReratings, Rerating } from './rerating.ts';
import { openTierWork } from './tiers-work.ts';
import { createTiersWriter, type TiersWriter } from './tiers-writer.ts';
import {
  bought,
  checksum,
  installForTests,
  problems,
  returned,
  shanghai,
  standardText,
  tell,
} from './tiers.fixture.ts';
import { tiers } from './tiers.ts';

let database: TestDatabase;
let writer: TiersWriter;

beforeEach(async () => {
  database = await testDatabase({ name: 'tiers', prepare: installForTests });
  writer = createTiersWriter(database.pool, { validate: true });
  await publishShippedPrograms(writer);
});
afterEach(async () => {
  await writer.close();
  await database.close();
});

const types = async (member: string): Promise<string[]> =>
  (
    await database.pool.query<{ type: string }>(`SELECT type FROM tiers.events WHERE subject = $1 ORDER BY position`, [
      member,
    ])
  ).rows.map(({ type }) => type);
const pointsOf = async (id: string): Promise<number | undefined> =>
  (await explainRating(database.pool, 'till', id, false))?.purchases[0]?.points;

/** The standard program from a date on, with a silver line of its own. */
const versionFrom = (date: string, silver: number): string =>
  standardText
    .replace(/effectiveFrom: .*/, `effectiveFrom: ${date}T00:00:00+08:00`)
    .replace('from: 2000', `from: ${silver}`);

it('publishes the shipped programs once, in every shard', async () => {
  expect((await publishShippedPrograms(writer)).map(({ kind }) => kind)).toEqual(['known', 'known']);
  const { rows } = await database.pool.query(
    'SELECT program, count(*) AS shards FROM tiers.programs GROUP BY program ORDER BY 1',
  );
  expect(rows).toEqual([
    { program: 'online-retail', shards: 8 },
    { program: 'standard', shards: 8 },
  ]);
});

it('keeps the default program that the first start chose', async () => {
  await recordDefaultProgram(database.pool, 'online-retail');
  await expect(recordDefaultProgram(database.pool, 'standard')).rejects.toThrow('is online-retail, not standard');
  await tell(writer, 'm-1', bought('1', shanghai('2026-01-10'), '500'));
  expect((await readMemberTiers(database.pool, 'm-1')).map(({ program }) => program)).toEqual(['online-retail']);
});

it('keeps a published version: other text from the same instant on is a conflict, another currency is refused', async () => {
  expect(await publishProgram(writer, standardText.replace('P14D', 'P1D'))).toMatchObject({ kind: 'conflict' });
  expect(await publishProgram(writer, versionFrom('2020-01-01', 2000).replace('CNY', 'USD'))).toMatchObject({
    kind: 'refused',
    code: 'program_currency_differs',
  });
  expect(await publishProgram(writer, 'program: x')).toMatchObject({ kind: 'mistakes' });
});

it('rates purchases in order without their past, and late ones again', async () => {
  await tell(writer, 'm-1', bought('1', shanghai('2026-01-10'), '500'));
  await tell(writer, 'm-1', bought('3', shanghai('2026-03-10'), '100'), bought('4', shanghai('2026-04-10'), '100'));
  expect(await pointsOf('3')).toBe(100);
  await tell(writer, 'm-1', bought('2', shanghai('2026-02-10'), '2000'));
  expect(await pointsOf('3')).toBe(125);
  expect((await types('m-1')).slice(3)).toEqual([
    'purchase.rated.v1',
    'rating.corrected.v1',
    'rating.corrected.v1',
    'tier.changed.v1',
  ]);
  expect((await readMemberTiers(database.pool, 'm-1'))[0]?.steps.map(({ tier }) => tier)).toEqual([
    'bronze',
    'silver',
    'bronze',
  ]);
  expect(await problems(database.pool)).toEqual([]);
});

it('ends with the same checksum whatever came first', async () => {
  const facts = [
    bought('1', shanghai('2026-01-10'), '2500'),
    bought('2', shanghai('2026-06-01'), '9000'),
    returned('3', shanghai('2026-07-01'), '2'),
    bought('4', shanghai('2026-08-01'), '300'),
  ];
  await tell(writer, 'm-1', ...facts);
  const inOrder = await checksum(database.pool);
  await tell(
    writer,
    'm-2',
    ...[3, 1, 0].map((i) => facts[i]!).map((fact) => ({ ...fact, id: `x${(fact as { id: string }).id}` }) as never),
  );
  await tell(writer, 'm-2', { ...returned('x3', shanghai('2026-07-01'), 'x2') });
  const both = await checksum(database.pool);
  expect(inOrder).toHaveLength(1);
  expect(both.map((row) => row.replaceAll('m-2', 'm-1'))).toEqual([inOrder[0], inOrder[0]]);
  expect(await problems(database.pool)).toEqual([]);
});

it('lets a second process go on where the first was', async () => {
  await tell(writer, 'm-1', bought('1', shanghai('2026-01-10'), '2000'));
  const other = createTiersWriter(database.pool, { validate: true });
  await tell(other, 'm-1', bought('2', shanghai('2026-02-10'), '100'));
  await tell(writer, 'm-1', bought('3', shanghai('2026-03-10'), '100'), returned('4', shanghai('2026-03-11'), '3'));
  await other.close();
  expect([await pointsOf('2'), await pointsOf('3')]).toEqual([125, 125]);
  expect(await problems(database.pool)).toEqual([]);
});

it('voids: what a purchase had made of later ones is undone', async () => {
  await tell(writer, 'm-1', bought('1', shanghai('2026-01-10'), '2000'), bought('2', shanghai('2026-02-10'), '100'));
  await tell(writer, 'm-1', { kind: 'void', source: 'till', id: '1' });
  expect([await pointsOf('1'), await pointsOf('2')]).toEqual([0, 100]);
  expect(await checksum(database.pool)).toEqual([
    JSON.stringify(['tier', 'standard', 'm-1', `bronze ${shanghai('2026-02-10')}`]),
  ]);
  expect(await problems(database.pool)).toEqual([]);
});

it('rates everybody again after a late publication, and goes on after a stop in the middle', async () => {
  for (let i = 0; i < 30; i++) {
    await tell(
      writer,
      `m-${i}`,
      bought(`a${i}`, shanghai('2026-02-10'), '1000'),
      bought(`b${i}`, shanghai('2026-03-10'), '100'),
    );
  }
  await new Rerating(database.pool, writer).run();
  expect(await publishProgram(writer, versionFrom('2026-02-01', 900))).toMatchObject({ kind: 'published' });
  expect(await pendingReratings(database.pool)).toHaveLength(8);
  expect(await problems(database.pool)).not.toEqual([]);
  const stopped = new Rerating(database.pool, writer);
  void stopped.run();
  await stopped.stop();
  expect((await pendingReratings(database.pool)).length).toBeGreaterThan(0);
  await new Rerating(database.pool, writer).run();
  expect(await pendingReratings(database.pool)).toEqual([]);
  expect([await pointsOf('b0'), await pointsOf('b29')]).toEqual([125, 125]);
  expect(await problems(database.pool)).toEqual([]);
});

it('a fact after a publication rates its member again at once', async () => {
  await tell(writer, 'm-1', bought('1', shanghai('2026-02-10'), '1000'), bought('2', shanghai('2026-03-10'), '100'));
  await publishProgram(writer, versionFrom('2026-02-01', 900));
  await tell(writer, 'm-1', bought('3', shanghai('2026-04-10'), '100'));
  expect([await pointsOf('2'), await pointsOf('3')]).toEqual([125, 125]);
});

it('opens a tier once, and refuses one that the program does not have', async () => {
  const opening = {
    program: 'standard',
    tier: 'gold',
    since: shanghai('2026-01-01'),
    keepUntil: shanghai('2026-12-01'),
    reference: 'r-1',
  };
  const open = (more: object = {}) => writer.execute(openTierWork('m-1', { ...opening, ...more }));
  expect(await open()).toMatchObject({ kind: 'accepted', replayed: false, answer: { tier: 'gold' } });
  expect(await open()).toMatchObject({ kind: 'accepted', replayed: true });
  expect(await open({ tier: 'silver' })).toEqual({ kind: 'conflict' });
  const unknown = { kind: 'refused', refusal: { code: 'unknown_tier' }, replayed: false };
  expect(await open({ tier: 'diamond', reference: 'r-2' })).toMatchObject(unknown);
  expect(await open({ tier: 'diamond', reference: 'r-2' })).toMatchObject(unknown);
  await tell(writer, 'm-1', bought('1', shanghai('2026-02-10'), '100'));
  expect(await pointsOf('1')).toBe(150);
  expect(await problems(database.pool)).toEqual([]);
});

it('finds out when somebody changed a tier behind its back', async () => {
  await tell(writer, 'm-1', bought('1', shanghai('2026-01-10'), '2000'));
  await database.pool.query(`UPDATE tiers.tier_courses SET tiers[1] = 'platinum'`);
  expect(await problems(database.pool)).toEqual([
    expect.stringContaining('m-1: tiers in standard are kept as platinum'),
  ]);
});

it.each(tiers.readModels.map((model) => [model.name, model] as const))(
  'rebuilds %s from the log as it stands, cut anywhere',
  async (_, model) => {
    for (let i = 0; i < 12; i++) {
      await tell(
        writer,
        `m-${i}`,
        bought(`a${i}`, shanghai('2026-02-10'), '2000'),
        bought(`b${i}`, shanghai('2026-03-10'), '9000'),
      );
      await tell(
        writer,
        `m-${i}`,
        returned(`c${i}`, shanghai('2026-04-10'), `b${i}`),
        bought(`d${i}`, shanghai('2026-01-10'), '100'),
      );
      if (i % 2 === 0) await tell(writer, `m-${i}`, { kind: 'void', source: 'till', id: `d${i}` });
    }
    const result = await rebuild({ pool: database.pool, definition: tiers, model, shards: 8, rangeEvents: 3 });
    expect(result).toMatchObject({ swapped: true, different: 0, events: expect.any(Number) });
    expect(await problems(database.pool)).toEqual([]);
  },
);
