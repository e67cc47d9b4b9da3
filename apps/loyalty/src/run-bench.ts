import { fileURLToPath } from 'node:url';
import { benchNames, runBench as measure, type BenchedLedger, type BenchName, type BenchRow } from '@loyalty/bench';
import { createPool } from '@loyalty/database';
import { createLogger, createRuntime, openProcessDatabase, readEnvironment } from '@loyalty/service';
import type { Pool } from 'pg';
import { caughtUp } from './caught-up.ts';
import { UsageError, type CommandResult } from './command.ts';
import { purchasesImport } from './import/purchases-import.ts';
import { quiet, TITLE } from './open-ledger.ts';
import { parts } from './parts.ts';
import { table } from './table.ts';

const PATIENCE_MS = 120_000;
const CLI = fileURLToPath(new URL('../bin/loyalty.mjs', import.meta.url));

/** `loyalty bench`: on databases of its own, made on the server that the ledger would use, and dropped. */
export async function runBench(only: readonly string[] | undefined): Promise<CommandResult> {
  const unknown = only?.filter((name) => !(benchNames as readonly string[]).includes(name)) ?? [];
  if (unknown.length > 0) throw new UsageError(`--only ${unknown.join(',')}: there are ${benchNames.join(', ')}`);
  const server = await openProcessDatabase(readEnvironment(), { name: TITLE });
  try {
    const rows = await measure({
      ...(only && { only: only as readonly BenchName[] }),
      database: (name, max) => emptyDatabase(server.pool, server.url, name, max),
      openLedger: benchedLedger,
      cli: CLI,
      onProgress: told(),
    });
    const ok = rows.every((row) => row.ok);
    return { ok, json: { ok, rows }, text: report(rows) };
  } finally {
    await server.close();
  }
}

async function emptyDatabase(
  admin: Pool,
  serverUrl: string,
  name: string,
  max = 20,
): Promise<{ pool: Pool; url: string; close(): Promise<void> }> {
  const drop = `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`;
  await admin.query(drop);
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const pool = createPool({ url, max, name: TITLE });
  return {
    pool,
    url,
    close: async () => {
      await pool.end();
      await admin.query(drop);
    },
  };
}

async function benchedLedger(url: string): Promise<BenchedLedger> {
  const environment = readEnvironment({ ...process.env, DATABASE_URL: url });
  const logger = await createLogger(quiet(environment), TITLE);
  const runtime = await createRuntime({ environment, logger, title: TITLE, parts: parts(environment) });
  await runtime.start();
  const importFile = await purchasesImport(undefined, undefined);
  return {
    importFile: async (file) => {
      const report = await importFile(runtime, {
        file,
        onBytes: () => undefined,
        onRejection: () => undefined,
        patience_ms: PATIENCE_MS,
      });
      await caughtUp(runtime);
      return report;
    },
    close: () => runtime.close(),
  };
}

/** On a terminal one line that changes, else nothing: figures come in the end. */
function told(): (what: string) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (what) => process.stderr.write(`\r\u001b[2K${what}`);
}

function report(rows: readonly BenchRow[]): string {
  const figure = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 3 : 0 });
  const lines = rows.map((row) => [
    row.ok ? 'ok' : 'MISSED',
    row.name,
    figure(row.value),
    figure(row.baseline),
    row.unit,
    row.ratio.toFixed(2),
    `${row.direction === 'atLeast' ? '≥' : '≤'} ${row.goal}`,
    row.what,
  ]);
  return table(['', 'name', 'value', 'baseline', 'unit', 'ratio', 'goal', 'what'], lines);
}
