import { BlockMaker, closeBlocks } from '@loyalty/event-store';
import { createPointsWriter, POINTS_SCHEMA, type PointsWriter } from '@loyalty/points';
import type { Pool } from 'pg';
import { commandMix } from './command-mix.ts';
import { emptyLedger, fund, memberName } from './ledger.ts';
import { pointsMix } from './points-mix.ts';
import { benchRow, median, type BenchRow } from './row.ts';

const MEMBERS = 20_000;
const CALLERS = 64;
const BALANCE = 1_000_000;
const ROUNDS = 10;
/** Before each measurement: a new writer remembers no member. */
const WARM_S = 1.5;

export interface ProofBenchOptions {
  readonly pool: Pool;
  /** Of each measurement. @default 3 */
  readonly seconds?: number;
  readonly onProgress?: (what: string) => void;
}

/**
 * Mixed commands with hash chain and Merkle blocks, divided by the same without either: on one log, in turns, by writers of their own.
 * Blocks are closed while commands run, by this process, as in a service; those of the turns without are closed between the turns.
 */
export async function proofBench({ pool, seconds = 3, onProgress }: ProofBenchOptions): Promise<BenchRow> {
  const first = await emptyLedger(pool);
  await fund(
    first,
    Array.from({ length: MEMBERS }, (_, i) => memberName(i)),
    BALANCE,
  );
  await first.close();
  const mix = commandMix({ members: MEMBERS, callers: CALLERS, seed: 5, prefix: 'p' });
  const on: number[] = [];
  const off: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other: the log grows meanwhile.
    for (const chained of round % 2 === 0 ? [true, false] : [false, true]) {
      const perSecond = await turn(pool, chained, async (writer) => {
        const ledger = pointsMix(writer);
        await mix(ledger, { seconds: WARM_S });
        const answered = await mix(ledger, { seconds });
        return answered.commands / answered.seconds;
      });
      (chained ? on : off).push(perSecond);
      onProgress?.(`proof: ${chained ? 'on' : 'off'} ${Math.round(perSecond)}/s`);
    }
  }
  return benchRow({
    name: 'proof',
    what: `${CALLERS} callers, mixed commands: chain and blocks on ÷ off`,
    value: median(on),
    baseline: median(off),
    unit: 'commands/s',
    goal: 0.85,
  });
}

async function turn(pool: Pool, chained: boolean, measure: (writer: PointsWriter) => Promise<number>): Promise<number> {
  while ((await closeBlocks(pool, POINTS_SCHEMA)).closed > 0);
  const writer = createPointsWriter(pool, { chained });
  let trouble: string | undefined;
  const maker = new BlockMaker({ pool, schema: POINTS_SCHEMA, onTrouble: (message) => (trouble = message) });
  try {
    if (chained) {
      maker.start();
      writer.onCommitted((heads) => maker.committed(heads));
    }
    return await measure(writer);
  } finally {
    await writer.close();
    await maker.close();
    if (trouble !== undefined) throw new Error(`blocks were not closed: ${trouble}`);
  }
}
