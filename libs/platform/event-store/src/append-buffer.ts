import {
  int2Array,
  int8Array,
  textArray,
  timestamptzArray,
  timestamptzArrayFromMs,
  uuidArray,
  type CopyRows,
} from '@loyalty/database';
import type { EpochMicros, EpochMs, LogPosition, NewEvent, StoredEvent } from '@loyalty/kernel';
import { GENESIS, linkHash } from './chain.ts';
import { newEventId, type EventId } from './event-id.ts';

/** A shard's end while a batch is being decided. */
export interface Tail {
  readonly shard: number;
  /** Where the head was when this batch began, and its hash. */
  readonly start: number;
  readonly startHash: Buffer;
  readonly generation: number;
  /** Of every event of this batch in this shard. */
  readonly recorded: EpochMicros;
  readonly now: EpochMs;
  position: number;
  hash: Buffer;
}

/** Where an event comes from, besides its subject. */
export interface Origin {
  readonly correlation?: string | null;
  readonly causation?: string | null;
  readonly trace?: string | null;
}

interface Row {
  readonly event: StoredEvent;
  readonly id: Buffer;
  readonly hash: Buffer;
}

const UNCHAINED = GENESIS.toString('hex');

/** The events of one transaction, chained as they come. */
export class AppendBuffer {
  readonly #service: string;
  readonly #tails: ReadonlyMap<number, Tail>;
  readonly #chained: boolean;
  readonly #rows = new Map<number, Row[]>();
  readonly #types = new Set<string>();
  /** Characters of payload so far. */
  size = 0;

  /** @param chained false: zeros instead of hashes; see `WriterOptions` */
  constructor(service: string, tails: ReadonlyMap<number, Tail>, chained: boolean) {
    this.#service = service;
    this.#tails = tails;
    this.#chained = chained;
  }

  /** The event as it will stand in the log. `data` is its JSON text, sealed fields already sealed. */
  append(
    shard: number,
    subject: string,
    event: NewEvent,
    data: string,
    origin: Origin,
    id: EventId = newEventId(),
  ): StoredEvent {
    const tail = this.#tails.get(shard);
    if (!tail) throw new Error(`shard ${shard} is not locked`);
    if (!Number.isSafeInteger(event.time))
      throw new TypeError(`${event.type}: time is not a whole number of milliseconds: ${event.time}`);
    const position = tail.position + 1;
    const link = {
      service: this.#service,
      shard,
      position,
      id: id.bytes,
      type: event.type,
      subject,
      time: event.time,
      recorded: tail.recorded,
      correlation: origin.correlation ?? null,
      causation: origin.causation ?? null,
      trace: origin.trace ?? null,
      data,
    };
    const hash = this.#chained ? linkHash(tail.hash, link) : UNCHAINED;
    const stored: StoredEvent = {
      shard,
      position,
      id: id.text,
      source: link.service,
      type: link.type,
      subject,
      time: link.time,
      recorded: link.recorded,
      correlation: link.correlation,
      causation: link.causation,
      trace: link.trace,
      data,
      hash,
    };
    this.size += data.length;
    this.#types.add(event.type);
    tail.position = position;
    tail.hash = Buffer.from(hash, 'hex');
    let rows = this.#rows.get(shard);
    if (!rows) this.#rows.set(shard, (rows = []));
    rows.push({ event: stored, id: id.bytes, hash: tail.hash });
    return stored;
  }

  /** Of the events so far. */
  get types(): ReadonlySet<string> {
    return this.#types;
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** Events so far. */
  get count(): number {
    let count = 0;
    for (const rows of this.#rows.values()) count += rows.length;
    return count;
  }

  /** Tails of the shards that got events, in shard order. */
  moved(): Tail[] {
    return [...this.#rows.keys()].sort((a, b) => a - b).map((shard) => this.#tails.get(shard) as Tail);
  }

  heads(): LogPosition[] {
    return this.moved().map(({ shard, position }) => ({ shard, position }));
  }

  eventsOf(subject: string, shard: number): StoredEvent[] {
    return (this.#rows.get(shard) ?? []).filter((row) => row.event.subject === subject).map((row) => row.event);
  }

  /** Rows of `copyEvents`. By shard, so that rows of one partition follow each other. */
  rows(into: CopyRows): Buffer {
    into.start();
    for (const { event, id, hash } of this.#sorted()) {
      into.row(12).int2(event.shard).int8(event.position).bytes(id).text(event.type).text(event.subject);
      into.timestamptz(event.time * 1000).timestamptz(event.recorded);
      into.text(event.correlation).text(event.causation).text(event.trace).text(event.data).bytes(hash);
    }
    return into.finish();
  }

  /** Parameters of the read models' statement: the events of these types. */
  columnsFor(types: ReadonlySet<string>): Buffer[] {
    const rows = this.#sorted().filter((row) => types.has(row.event.type));
    const events = rows.map((row) => row.event);
    return [
      ...columnsOf(
        events,
        rows.map((row) => row.id),
      ),
      textArray(events.map((event) => event.data)),
    ];
  }

  #sorted(): Row[] {
    return this.moved().flatMap(({ shard }) => this.#rows.get(shard) ?? []);
  }
}

/** shard, position, id, type, subject, time, recorded */
function columnsOf(events: readonly StoredEvent[], ids: readonly Buffer[]): Buffer[] {
  return [
    int2Array(events.map((event) => event.shard)),
    int8Array(events.map((event) => event.position)),
    uuidArray(ids),
    textArray(events.map((event) => event.type)),
    textArray(events.map((event) => event.subject)),
    timestamptzArrayFromMs(events.map((event) => event.time)),
    timestamptzArray(events.map((event) => event.recorded)),
  ];
}
