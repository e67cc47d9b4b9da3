import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { ApiKeys, KeyNameTakenError } from './api-keys.ts';

let database: TestDatabase;
let keys: ApiKeys;

beforeAll(async () => {
  database = await testDatabase();
  keys = new ApiKeys(database.pool);
  await keys.install();
});
afterAll(() => database.close());

describe('API keys', () => {
  it('makes the first key once, however many processes start at once', async () => {
    const secrets = await Promise.all([
      keys.createFirst('first'),
      keys.createFirst('first'),
      keys.createFirst('first'),
    ]);
    const given = secrets.filter((secret) => secret !== undefined);
    expect(given).toHaveLength(1);
    expect(await keys.find(given[0] as string)).toEqual({ name: 'first', scopes: ['*'] });
    expect(await keys.createFirst('first')).toBeUndefined();
  });

  it('keeps nothing from which a key could be had back', async () => {
    const secret = await keys.create('till', ['purchases:write']);
    const { rows } = await database.pool.query<{ row: string }>('SELECT to_jsonb(k)::text AS row FROM access.keys k');
    expect(rows.some(({ row }) => row.includes(secret) || row.includes(secret.slice(8)))).toBe(false);
  });

  it('refuses a second key of the same name until the first is revoked', async () => {
    const secret = await keys.create('shop', ['points:read']);
    await expect(keys.create('shop', ['points:read'])).rejects.toThrow(KeyNameTakenError);
    expect(await keys.revoke('shop')).toBe(true);
    expect(await keys.revoke('shop')).toBe(false);
    expect(await keys.find(secret)).toBeUndefined();
    expect(await keys.find(await keys.create('shop', ['points:read']))).toEqual({
      name: 'shop',
      scopes: ['points:read'],
    });
    expect((await keys.list()).map(({ name }) => name)).toEqual(['first', 'till', 'shop', 'shop']);
  });
});
