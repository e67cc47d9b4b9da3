// Jest's global setup, loaded by plain Node: one PostgreSQL for the whole run, its files unsynced and thrown away. The temporary
// folders of the test files lie beside them and go with them, also when the run was killed.
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@loyalty/database';

export default async function start(_global, project) {
  // Pure specs only: no server needed.
  if (project.testPathIgnorePatterns.some((pattern) => /\bint\b/.test(pattern))) return;
  process.env.LOYALTY_TEST_RUN = `t${Date.now().toString(36)}${process.pid}`;
  if (process.env.DATABASE_URL) {
    process.env.LOYALTY_TEST_DATABASE_URL = process.env.DATABASE_URL;
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), 'loyalty-test-'));
  // As root the server runs as another user, who must be able to enter.
  chmodSync(dir, 0o755);
  const temporary = join(dir, 'tmp');
  mkdirSync(temporary);
  const embedded = await startEmbedded({ dir, test: true, disposable: true });
  process.env.LOYALTY_TEST_DATABASE_URL = embedded.url;
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = temporary;
  globalThis.loyaltyTestServer = embedded;
}
