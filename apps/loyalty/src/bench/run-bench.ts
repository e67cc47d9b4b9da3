import { fileURLToPath } from 'node:url';
import { benchNames, needsKafka, runBench as measure, type BenchName, type BenchRow } from '@loyalty/bench';
import { findBroker } from '@loyalty/broker';
import { createPool } from '@loyalty/database';
import { openProcessDatabase, readEnvironment } from '@loyalty/service';
import type { Pool } from 'pg';
import { UsageError, type CommandResult } from '../command.ts';
import { TITLE } from '../open-ledger.ts';
import { table } from '../table.ts';
import { apartLedger } from './apart-ledger.ts';
import { benchedLedger } from './benched-ledger.ts';

const CLI = fileURLToPath(new URL('../../bin/loyalty.mjs', import.meta.url));

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
      openApart: (url, kafka) => apartLedger({ url, cli: CLI, ...(kafka && { kafka }) }),
      broker,
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

async function broker(): Promise<{ brokers: readonly string[]; close(): Promise<void> }> {
  const found = await findBroker();
  if (typeof found !== 'string') return found;
  const rest = benchNames.filter((name) => !needsKafka(name)).join(',');
  throw new UsageError(`There is no Kafka to measure with (${found}). Without it: --only ${rest}`);
}
