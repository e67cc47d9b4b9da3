import type { EpochMs, StoredEvent } from '@loyalty/kernel';
import type { Found, LogEnd, SourceLog, Stretch } from '../source-log.ts';
import { browse, type RecordsAt } from './browse.ts';
import { eventOf } from './event-record.ts';
import type { KafkaClient, OffsetRange } from './kafka-client.ts';
import { partitionEnds } from './last-positions.ts';

/**
 * A source's log as its topic holds it. At offset n stands position n + 1 or a lower one, so a position p is found by reading on from
 * offset p - 1, and the records below an offset hold as many positions as records, less those that are there twice. How many these
 * are tells any record; those that this process reads anyway are remembered, so that watching costs one question to the broker.
 */
export class SourceTopic implements SourceLog {
  readonly #client: KafkaClient;
  readonly #topic: string;
  /** By shard, of the record seen last: the offset behind it, and how many more records there were until then than positions. */
  readonly #seen: number[] = [];
  readonly #surplus: number[] = [];
  #asked: readonly OffsetRange[] = [];
  #looking = false;
  #there = false;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  /** A consumer of this process has read this event there. */
  saw({ shard, position }: Pick<StoredEvent, 'shard' | 'position'>, offset: number): void {
    this.#seen[shard] = offset + 1;
    this.#surplus[shard] = offset + 1 - position;
  }

  shards(): Promise<number | undefined> {
    return this.#client.partitionsOf(this.#topic);
  }

  async ends(): Promise<LogEnd[]> {
    const partitions = await this.shards();
    if (partitions === undefined) return [];
    const ends = await partitionEnds(this.#client, this.#topic, [...Array(partitions).keys()]);
    return [...ends.values()].flatMap(({ last, next }) => {
      if (last === undefined) return [];
      this.saw(last, next - 1);
      return [{ shard: last.shard, position: last.position, hash: last.hash }];
    });
  }

  async heads(): Promise<Map<number, number>> {
    const ranges = await this.#ranges();
    const before = this.#asked;
    this.#asked = ranges;
    const doubtful: number[] = [];
    const heads = new Map<number, number>();
    ranges.forEach(({ next }, shard) => {
      const seen = this.#seen[shard];
      heads.set(shard, Math.max(0, next - (this.#surplus[shard] ?? 0)));
      const quiet = before[shard]?.next === next;
      if (next > 0 && seen !== next && (quiet || seen === undefined)) doubtful.push(shard);
    });
    if (doubtful.length > 0) void this.#look(doubtful);
    return heads;
  }

  async read({ shard, after, positions, events: most, types }: Stretch): Promise<Found> {
    const { first = 0, next = 0 } = (await this.#ranges())[shard] ?? {};
    let offset = Math.max(after, first);
    const found: StoredEvent[] = [];
    let reached = after;
    if (offset >= next) return { events: found, reached };
    await browse(this.#client, this.#topic, async (recordsAt) => {
      while (offset < next) {
        for (const record of await recordsAt(shard, offset)) {
          offset = record.offset + 1;
          const event = eventOf(record);
          if (event.position <= reached) continue;
          if (event.position > reached + 1)
            throw new Error(`position ${reached + 1} is missing in ${this.#topic}/${shard}`);
          reached = event.position;
          if (types?.has(event.type) !== false) found.push(event);
          if (found.length === most || reached === after + positions) return;
        }
      }
    });
    return { events: found, reached };
  }

  async positionsBefore(instant: EpochMs): Promise<Map<number, number>> {
    const filled = [...(await this.#ranges()).entries()].filter(([, { first, next }]) => next > first);
    const places = new Map<number, number>();
    if (filled.length === 0) return places;
    await browse(this.#client, this.#topic, (recordsAt) =>
      Promise.all(
        filled.map(async ([shard, range]) => {
          const position = await search(recordsAt, shard, range, instant * 1000);
          if (position !== null) places.set(shard, position);
        }),
      ),
    );
    return places;
  }

  /** None where the topic is not there yet: asked first, because kafkajs looks for its offsets for five seconds. */
  async #ranges(): Promise<readonly OffsetRange[]> {
    this.#there ||= (await this.shards()) !== undefined;
    if (!this.#there) return [];
    try {
      return await this.#client.offsetsOf(this.#topic);
    } catch (error) {
      this.#there = false;
      throw error;
    }
  }

  /** Beside whoever asks: with some clients reading a record takes seconds. What fails is tried again when somebody asks again. */
  async #look(shards: readonly number[]): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const ends = await partitionEnds(this.#client, this.#topic, shards);
      for (const { last, next } of ends.values()) if (last !== undefined) this.saw(last, next - 1);
    } catch {
      // As above.
    } finally {
      this.#looking = false;
    }
  }
}

/**
 * By halves, over offsets. Where records are there twice, recorded time goes back at an offset; but wherever one that is early enough
 * is followed by one that is not, their positions follow each other, and so that place is the right one whichever is met.
 */
async function search(
  recordsAt: RecordsAt,
  shard: number,
  { first, next }: OffsetRange,
  since_us: number,
): Promise<number | null> {
  const eventsAt = async (offset: number): Promise<readonly StoredEvent[]> =>
    (await recordsAt(shard, offset)).map((record) => eventOf(record));
  const last = (await eventsAt(next - 1))[0];
  if (last === undefined || last.recorded < since_us) return null;
  let high = next - 1;
  let answer = last.position - 1;
  for (let low = first; low < high;) {
    const middle = low + Math.floor((high - low) / 2);
    const events = await eventsAt(middle);
    const late = events.findIndex(({ recorded }) => recorded >= since_us);
    if (late < 0) low = middle + events.length;
    else {
      answer = (events[late] as StoredEvent).position - 1;
      if (late > 0) return answer;
      high = middle;
    }
  }
  return answer;
}
