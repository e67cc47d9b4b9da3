// Jest's global teardown: fails the run when a test file kept its database, then stops the server.
import pg from 'pg';

export default async function stop() {
  const url = process.env.LOYALTY_TEST_DATABASE_URL;
  if (!url) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)', [
    process.env.LOYALTY_TEST_RUN,
  ]);
  for (const { name } of rows) await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await client.end();
  await globalThis.loyaltyTestServer?.stop();
  const kept = rows.filter(({ name }) => !name.includes('_t_'));
  if (kept.length > 0) throw new Error(`${kept.length} test files did not close their testDatabase()`);
}
