import { backOffMs, type OwnedPartition, type Pacing } from '@loyalty/event-log';
import type { Door } from '../record-documents.ts';
import { goBack, nextOffset, takeStep, type InboundPlace } from './inbound-store.ts';
import { recordInbound, type Recorded } from './record-inbound.ts';

/** `waiting`: trying again, for the reason. A partition that another process reads is not listed. */
export interface PartitionState {
  readonly partition: number;
  readonly state: 'running' | 'waiting';
  readonly reason: string | null;
  /** The offset to read next. */
  readonly next: number;
}

export interface PartitionReading {
  readonly door: Door;
  readonly place: InboundPlace;
  readonly owned: OwnedPartition;
  readonly pacing: Pacing;
  note(state: PartitionState): void;
  /** Offsets `from` to `to`, without the last, were gone before they were read. */
  onLost(from: number, to: number): void;
  /** The broker lost its end: it was read to `from`, and only reaches to `to`. */
  onShorter(from: number, to: number): void;
  onRecorded(recorded: Recorded): void;
}

/**
 * Reads a partition as long as this process owns it: records a batch, then moves on, never the other way round. After any doubt it
 * starts again where the database says it stands; what comes twice is known by its key.
 */
export async function readPartition(reading: PartitionReading): Promise<void> {
  const { owned, pacing, note } = reading;
  const { partition, signal } = owned;
  for (let attempt = 1; !signal.aborted; attempt++) {
    let next = 0;
    try {
      await readOn(reading, (at) => {
        if (at > next) attempt = 1;
        next = at;
        note({ partition, state: 'running', reason: null, next });
      });
    } catch (error) {
      if (signal.aborted) return;
      note({ partition, state: 'waiting', reason: (error as Error).message, next });
      await pacing.pause(backOffMs(attempt, pacing.random(), 50, 5_000), signal);
    }
  }
}

async function readOn(reading: PartitionReading, at: (next: number) => void): Promise<void> {
  const { door, place, owned, onRecorded } = reading;
  const { reader } = owned;
  let next = await placeToRead(reading, await nextOffset(door.pool, place));
  reader.seek(next);
  at(next);
  for (;;) {
    const records = await reader.next();
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) continue;
    // A transaction's markers and compaction leave holes too, inside what is still there: they held no record to be lost.
    const lost = first.offset > next ? await lostBefore(reading, next) : 0;
    const recorded = await recordInbound(door, records);
    await takeStep(door.pool, place, { letters: recorded.letters, next: last.offset + 1, lost });
    next = last.offset + 1;
    onRecorded(recorded);
    at(next);
  }
}

/** Usually where it stopped. A broker that lost the end of the partition is read anew: what it still has is known by its keys. */
async function placeToRead(reading: PartitionReading, stopped: number): Promise<number> {
  const { door, place, owned, onShorter } = reading;
  const range = await owned.range();
  if (stopped > range.next) {
    onShorter(stopped, range.next);
    await goBack(door.pool, place, range.first);
    return range.first;
  }
  const lost = await lostBefore(reading, stopped);
  if (lost === 0) return stopped;
  await takeStep(door.pool, place, { letters: [], next: range.first, lost });
  return range.first;
}

async function lostBefore({ owned, onLost }: PartitionReading, next: number): Promise<number> {
  const { first } = await owned.range();
  if (first <= next) return 0;
  onLost(next, first);
  return first - next;
}
