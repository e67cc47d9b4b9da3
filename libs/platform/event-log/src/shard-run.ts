import type { StoredEvent } from '@loyalty/kernel';
import type { Effects, ShardHealth } from './consumer.ts';
import { faultOf, reasonOf, ShardStoppedError } from './faults.ts';
import { backOffMs, type Pacing } from './pacing.ts';
import { sift } from './sequence.ts';
import type { Checkpoint, OwnedShard } from './transport.ts';

const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = 5_000;

/**
 * Reads one owned shard from its checkpoint until the signal aborts. The next batch is read while this one is applied: one in
 * hand, one ahead, which bounds memory and is all that overlapping can gain. A stopped shard stays owned: handing it on would
 * only let the next process fail (and park) in the same way; it is taken over when this process ends.
 */
export async function runShard(
  owned: OwnedShard,
  effects: Effects,
  pacing: Pacing,
  note: (change: Partial<ShardHealth>) => void,
): Promise<void> {
  const run = new ShardRun(owned, effects, pacing, note);
  try {
    await run.follow();
  } catch (error) {
    if (owned.signal.aborted) return;
    note({ state: 'stopped', reason: error instanceof ShardStoppedError ? error.message : reasonOf(error) });
    await aborted(owned.signal);
  }
}

class ShardRun {
  private readonly owned: OwnedShard;
  private readonly effects: Effects;
  private readonly pacing: Pacing;
  private readonly note: (change: Partial<ShardHealth>) => void;

  constructor(owned: OwnedShard, effects: Effects, pacing: Pacing, note: (change: Partial<ShardHealth>) => void) {
    this.owned = owned;
    this.effects = effects;
    this.pacing = pacing;
    this.note = note;
  }

  async follow(): Promise<void> {
    const { signal } = this.owned;
    let at = await this.standing();
    let seen = this.seek(at);
    let soughtFor = -1;
    let ahead = this.next();
    while (!signal.aborted) {
      const sifted = sift({ ...at, seen }, await ahead);
      const { fresh, gap, diverged } = sifted;
      seen = sifted.seen;
      if (diverged !== null) {
        throw new ShardStoppedError(
          `the source's event ${diverged} is not the one that was applied (another hash): restored from an older backup, or tampered with`,
        );
      }
      if (gap === null) ahead = this.next();
      if (fresh.length > 0) {
        const applied = await this.applied(at, fresh);
        at = applied.at;
        this.note({ state: 'running', reason: null, position: at.position });
        if (!applied.whole) {
          seen = this.seek(at);
          if (gap !== null) ahead = this.next();
          continue;
        }
      }
      if (gap === null) continue;
      if (soughtFor === at.position) {
        throw new ShardStoppedError(
          `position ${gap.expected} is missing in the source: ${gap.found} came instead, also after seeking back`,
        );
      }
      soughtFor = at.position;
      seen = this.seek(at);
      ahead = this.next();
    }
  }

  /** One back, to see that the log still holds the very event that was applied last. @returns whether there is none to be seen */
  private seek({ position }: Checkpoint): boolean {
    this.owned.reader.seek(Math.max(0, position - 1));
    return position === 0;
  }

  private next(): Promise<readonly StoredEvent[]> {
    const ahead = this.owned.reader.next();
    // Awaited later; meanwhile a rejection must not count as unhandled.
    ahead.catch(() => undefined);
    return ahead;
  }

  private async standing(): Promise<Checkpoint> {
    const at = await this.persistently(() => this.effects.checkpoint(this.owned.shard));
    this.note({ state: 'running', reason: null, position: at.position });
    return at;
  }

  /** `whole`: the checkpoint is the last event's. Otherwise it is elsewhere (another process, an unknown outcome): read on from there. */
  private async applied(from: Checkpoint, events: readonly StoredEvent[]): Promise<{ at: Checkpoint; whole: boolean }> {
    const { shard, signal } = this.owned;
    let at = from;
    let rest = events;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        return { at: await this.effects.apply({ shard, from: at, events: rest }, signal), whole: true };
      } catch (error) {
        const fault = faultOf(error);
        if (fault === 'poison' || signal.aborted) throw error;
        if (fault === 'transient' || attempt > 2) await this.waitFor(error, attempt);
      }
      // The commit may have happened although its answer was lost, or a part of the batch did.
      at = await this.standing();
      const last = events[events.length - 1] as StoredEvent;
      if (at.position >= last.position) return { at, whole: at.position === last.position };
      if (at.position < from.position) return { at, whole: false };
      rest = events.slice(at.position - from.position);
    }
    throw signal.reason;
  }

  private async persistently<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (this.owned.signal.aborted || faultOf(error) === 'poison') throw error;
        await this.waitFor(error, attempt);
      }
    }
  }

  private async waitFor(error: unknown, attempt: number): Promise<void> {
    this.note({ state: 'waiting', reason: reasonOf(error) });
    await this.pacing.pause(backOffMs(attempt, this.pacing.random(), FIRST_RETRY_MS, MOST_RETRY_MS), this.owned.signal);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
