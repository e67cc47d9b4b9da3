import { checksumRows } from '@loyalty/points';
import { tiersChecksumRows } from '@loyalty/tiers';
import type { EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';

const SHOWN = 5;

/** Where two ledgers mean something else: the first lines of their checksums that only one of them has. */
export async function differingLines(one: Pool, other: Pool, at: EpochMs): Promise<string[]> {
  const [own, others] = [await linesOf(one, at), await linesOf(other, at)];
  const only = (here: ReadonlySet<string>, there: ReadonlySet<string>, where: string): string[] =>
    [...here]
      .filter((line) => !there.has(line))
      .slice(0, SHOWN)
      .map((line) => `only ${where}: ${line.replaceAll('\x1f', ' ')}`);
  return [...only(own, others, 'disturbed'), ...only(others, own, 'undisturbed')];
}

async function linesOf(pool: Pool, at: EpochMs): Promise<Set<string>> {
  const lines = new Set<string>();
  for (const source of [checksumRows(pool, at), tiersChecksumRows(pool)])
    for await (const line of source) lines.add(line);
  return lines;
}
