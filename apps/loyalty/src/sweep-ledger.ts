import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { sweep, type PointsWriter } from '@loyalty/points';
import { caughtUp } from './caught-up.ts';
import type { CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';

/** `loyalty sweep`. */
export function sweepLedger(at: EpochMs): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const { members } = await sweep(runtime.database.pool, runtime.writer('points') as PointsWriter, at);
    await caughtUp(runtime);
    const instant = formatInstant(at);
    return { json: { members, at: instant }, text: `${members} members settled up to ${instant}.` };
  });
}
