import type { Pool } from 'pg';
import { commandMix, type CommandMix, type MixedLedger } from './command-mix.ts';
import { emptyLedger, fund, memberName } from './ledger.ts';
import { pointsMix } from './points-mix.ts';
import { benchRow, median, type BenchRow } from './row.ts';
import { rowLockLedger } from './row-lock-ledger.ts';

export const CALLERS = 64;
/** Of each member, before anything is measured: beside the mix's own earnings it lasts. */
export const OPENING = 5_000;
const ROUNDS = 3;
const WARM_S = 2;

/** Of the writer's loops, and one to spare. */
const WRITER_CONNECTIONS = 3;

/**
 * Connections of the pool, most of them for the row-lock ledger. Beside 64 callers on 2 cores it answered 1,600 commands a second
 * with 8, 2,400 with 16 and 1,700 with 64; on one member about 500 with 4, 400 with 16 and 360 with 64.
 */
export const ROW_LOCK_CONNECTIONS = 16 + WRITER_CONNECTIONS;

export interface CommandsBenchOptions {
  /** Of `ROW_LOCK_CONNECTIONS`. */
  readonly pool: Pool;
  readonly name: 'commands' | 'hot';
  /** Of each measurement. @default 5 */
  readonly seconds?: number;
  readonly onProgress?: (what: string) => void;
}

const ROWS = { commands: { members: 100_000, goal: 3 }, hot: { members: 1, goal: 8 } };

/**
 * Mixed commands a second through the points writer with all its checks, in turns with a ledger written by hand that locks rows: over
 * 100,000 members, or all on one. Medians of the rounds.
 */
export async function commandsBench({ pool, name, seconds = 5, onProgress }: CommandsBenchOptions): Promise<BenchRow> {
  const { members, goal } = ROWS[name];
  const told = (text: string): void => onProgress?.(`${name}: ${text}`);
  const writer = await emptyLedger(pool);
  try {
    await fund(
      writer,
      Array.from({ length: members }, (_, i) => memberName(i)),
      OPENING,
    );
    told(`${members} members have points`);
    const byHand = await rowLockLedger(pool, members, OPENING);
    const mix = (): CommandMix => commandMix({ members, callers: CALLERS, seed: 11, prefix: 'c' });
    const [own, baseline] = await inTurns(
      [
        { name: 'points writer', ledger: pointsMix(writer), mix: mix() },
        { name: 'row locks', ledger: byHand, mix: mix() },
      ],
      seconds,
      told,
    );
    return benchRow({
      name,
      what: `${CALLERS} callers, mixed commands ${members === 1 ? 'on one member' : `over ${members} members`} ÷ row locks by hand; ${own.refused} and ${baseline.refused} refused`,
      value: own.perSecond,
      baseline: baseline.perSecond,
      unit: 'commands/s',
      goal,
    });
  } finally {
    await writer.close();
  }
}

export interface Contestant {
  readonly name: string;
  readonly ledger: MixedLedger;
  readonly mix: CommandMix;
}

export interface Measured {
  /** Commands; the median of the rounds. */
  readonly perSecond: number;
  /** Share of all commands, in words. */
  readonly refused: string;
}

/** Two ledgers measured in turns, each first as often as the other, both warm. */
export async function inTurns(
  contestants: readonly [Contestant, Contestant],
  seconds: number,
  told: (text: string) => void,
): Promise<[Measured, Measured]> {
  const tally = contestants.map((contestant) => ({ contestant, rates: [] as number[], refused: 0, commands: 0 }));
  for (const { ledger, mix } of contestants) await mix(ledger, { seconds: WARM_S });
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of round % 2 === 0 ? tally : tally.toReversed()) {
      const { ledger, mix, name } = each.contestant;
      const { commands, refused, seconds: took } = await mix(ledger, { seconds });
      each.rates.push(commands / took);
      each.refused += refused;
      each.commands += commands;
      told(`${name} ${Math.round(commands / took)}/s`);
    }
  }
  return tally.map(({ rates, refused, commands }) => ({
    perSecond: median(rates),
    refused: `${((100 * refused) / commands).toFixed(2)} %`,
  })) as [Measured, Measured];
}
