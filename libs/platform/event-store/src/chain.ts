import { hash } from 'node:crypto';
import type { EpochMicros, EpochMs } from '@loyalty/kernel';

/** Version of the hash below, recorded with the log. */
export const FORMAT = 1;

/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** The hash before a shard's first event. */
export const GENESIS = Buffer.alloc(HASH_BYTES);

/** What the hash of an event covers: every stored column, where it stands, and the event before it. */
export interface Link {
  readonly service: string;
  readonly shard: number;
  readonly position: number;
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly type: string;
  readonly subject: string;
  readonly time: EpochMs;
  readonly recorded: EpochMicros;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly trace: string | null;
  readonly data: string;
}

const NONE = 0xffffffff;
const FIXED = 2 + 32 + 2 + 8 + 16 + 8 + 8;
const TWO_32 = 4_294_967_296;
let scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * SHA-256 over, in this order (integers big-endian, two's complement):
 * ```
 * uint16 format (1) | 32 bytes hash of the event before (zeros before the first) | int16 shard | int64 position | 16 bytes id
 * | int64 time, microseconds since 1970 | int64 recorded, likewise
 * | service | type | subject | correlation | causation | trace | data
 * ```
 * where each text is uint32 length in bytes + UTF-8, and a null is the length ffffffff with nothing behind it. Given as 64 hex digits.
 * Anyone can verify a log with these lines and no code of ours; `chain.spec.ts` has a worked example.
 */
export function linkHash(previous: Uint8Array, link: Link): string {
  // As hex digits: a Buffer for each hash costs half as much again, and most of it in the garbage collector.
  return hash('sha256', written(previous, link), 'hex');
}

/** The very bytes that the hash covers. */
export function canonicalBytes(previous: Uint8Array, link: Link): Buffer {
  return Buffer.from(written(previous, link));
}

/** A part of `scratch`, true until the next call. */
function written(previous: Uint8Array, link: Link): Buffer {
  const { service, type, subject, correlation, causation, trace, data } = link;
  const most =
    FIXED +
    28 +
    3 *
      (service.length +
        type.length +
        subject.length +
        (correlation?.length ?? 0) +
        (causation?.length ?? 0) +
        (trace?.length ?? 0) +
        data.length);
  // Reused: one hash at a time, and nobody keeps a reference.
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most * 2);
  scratch.writeUInt16BE(FORMAT, 0);
  scratch.set(previous, 2);
  scratch.writeInt16BE(link.shard, 34);
  int64(link.position, 36);
  scratch.set(link.id, 44);
  int64(link.time * 1000, 60);
  int64(link.recorded, 68);
  let at = text(service, FIXED);
  at = text(type, at);
  at = text(subject, at);
  at = text(correlation, at);
  at = text(causation, at);
  at = text(trace, at);
  at = text(data, at);
  return scratch.subarray(0, at);
}

function int64(value: number, at: number): void {
  const high = Math.floor(value / TWO_32);
  scratch.writeInt32BE(high, at);
  scratch.writeUInt32BE(value - high * TWO_32, at + 4);
}

function text(value: string | null, at: number): number {
  if (value === null) {
    scratch.writeUInt32BE(NONE, at);
    return at + 4;
  }
  const length = scratch.write(value, at + 4);
  scratch.writeUInt32BE(length, at);
  return at + 4 + length;
}
