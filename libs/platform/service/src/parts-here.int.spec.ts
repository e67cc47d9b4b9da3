import { installEventStore } from '@loyalty/event-store';
import { installProjections } from '@loyalty/projections';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import { assertHere, PartAwayError, partsHere } from './parts-here.ts';
import type { ServicePart } from './service-part.ts';

/** Purchases, tiers that follow them, and webhooks that came with a later version. */
const parts = [part('purchases'), part('tiers', 'purchases'), part('webhooks')];
let database: TestDatabase;
beforeEach(async () => (database = await testDatabase()));
afterEach(() => database.close());

function part(service: string, source?: string): ServicePart {
  const definition = { service, schema: service, readModels: [], checks: [] };
  const reactors =
    source === undefined ? [] : [{ transportId: Symbol(service), consumer: service, source, requires: [] }];
  return { definition, reactors } as unknown as ServicePart;
}

async function install(...services: readonly string[]): Promise<Pool> {
  for (const service of services) {
    await installEventStore(database.pool, { schema: service, service, shards: 2 });
    await installProjections(database.pool, service);
  }
  return database.pool;
}

const here = async (pool: Pool) => (await partsHere(pool, parts)).map(({ definition }) => definition.service);
const all = ['purchases', 'tiers', 'webhooks'];

it('all, where nothing is installed, everything, or a first start was cut off', async () => {
  expect(await here(await install())).toEqual(all);
  expect(await here(await install('purchases'))).toEqual(all);
  expect(await here(await install(...all))).toEqual(all);
});

it('as installed, for a command over Kafka', async () => {
  const found = await partsHere(await install('purchases'), parts, true);
  expect(found.map(({ definition }) => definition.service)).toEqual(['purchases']);
});

it('all, where one is new', async () => {
  const pool = await install('purchases', 'tiers');
  await pool.query('UPDATE purchases.heads SET position = 3');
  await pool.query(`INSERT INTO tiers.checkpoints VALUES ('tiers', 'purchases', 0, 3, '')`);
  expect(await here(pool)).toEqual(all);
});

it('one alone, that has recorded what nobody here reads', async () => {
  const pool = await install('purchases');
  await pool.query('UPDATE purchases.heads SET position = 3 WHERE shard = 0');
  expect(await here(pool)).toEqual(['purchases']);
});

it('one alone, that has read what is not here', async () => {
  const pool = await install('tiers');
  await pool.query(`INSERT INTO tiers.checkpoints VALUES ('tiers', 'purchases', 0, 3, '')`);
  const found = await partsHere(pool, parts);
  expect(found.map(({ definition }) => definition.service)).toEqual(['tiers']);
  expect(() => assertHere(found, ['tiers'])).not.toThrow();
  expect(() => assertHere(found, ['tiers', 'purchases'])).toThrow(PartAwayError);
  expect(() => assertHere(found, ['purchases'])).toThrow('This database holds tiers and not purchases');
});
