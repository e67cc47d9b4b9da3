import type { EpochMicros, EpochMs } from '@loyalty/kernel';

/**
 * PostgreSQL arrays in their binary form. `pg` sends a Buffer parameter as binary, so `$1::text[]` with `textArray(…)` costs
 * neither quoting here nor parsing there: the cheapest way to hand a statement thousands of rows.
 * The type in the statement must be exactly the encoder's: `$1::int8[]` with `int8Array`, never `$1::int4[]`.
 * Format: int32 dimensions, int32 has-nulls, int32 element oid, int32 length, int32 lower bound, then int32 size + bytes each.
 */
const HEADER = 20;
const NULL = -1;
/** PostgreSQL counts microseconds from 2000-01-01. */
const EPOCH_2000_MICROS = 946_684_800_000_000;
const TWO_32 = 4_294_967_296;

/** For `$n::text[]`. A zero byte inside a text is refused by the server. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return stringArray(25, values);
}

/** For `$n::json[]`. */
export function jsonArray(values: readonly (string | null)[]): Buffer {
  return stringArray(114, values);
}

/** For `$n::bool[]`. */
export function boolArray(values: readonly boolean[]): Buffer {
  const buffer = fixed(16, 1, values.length);
  for (let i = 0, at = HEADER + 4; i < values.length; i++, at += 5) buffer[at] = values[i] ? 1 : 0;
  return buffer;
}

/** For `$n::int2[]`. Throws RangeError beyond 16 bits, as the others do beyond theirs. */
export function int2Array(values: readonly number[]): Buffer {
  const buffer = fixed(21, 2, values.length);
  for (let i = 0, at = HEADER + 4; i < values.length; i++, at += 6) buffer.writeInt16BE(values[i] as number, at);
  return buffer;
}

/** For `$n::int4[]`. */
export function int4Array(values: readonly number[]): Buffer {
  const buffer = fixed(23, 4, values.length);
  for (let i = 0, at = HEADER + 4; i < values.length; i++, at += 8) buffer.writeInt32BE(values[i] as number, at);
  return buffer;
}

/** For `$n::int8[]`. Only safe integers: a float that lost digits must not reach a ledger. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  return int64s(20, values, 0);
}

/** For `$n::timestamptz[]`, from microseconds. */
export function timestamptzArray(values: readonly (EpochMicros | null)[]): Buffer {
  return int64s(1184, values, EPOCH_2000_MICROS);
}

/** For `$n::timestamptz[]`, from milliseconds. */
export function timestamptzArrayFromMs(values: readonly (EpochMs | null)[]): Buffer {
  return int64s(
    1184,
    values.map((ms) => (ms === null ? null : ms * 1000)),
    EPOCH_2000_MICROS,
  );
}

/** For `$n::bytea[]`. */
export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  let size = HEADER;
  for (const value of values) size += 4 + (value?.length ?? 0);
  const buffer = start(17, values.length, values.includes(null), size);
  let at = HEADER;
  for (const value of values) {
    buffer.writeInt32BE(value === null ? NULL : value.length, at);
    at += 4;
    if (value !== null) {
      buffer.set(value, at);
      at += value.length;
    }
  }
  return buffer;
}

/** For `$n::uuid[]`, from their usual text form or their 16 bytes. */
export function uuidArray(values: readonly (string | Uint8Array)[]): Buffer {
  const buffer = fixed(2950, 16, values.length);
  for (let i = 0, at = HEADER + 4; i < values.length; i++, at += 20) {
    const text = values[i] as string | Uint8Array;
    if (typeof text !== 'string') {
      if (text.length !== 16) throw new TypeError(`a UUID has 16 bytes, not ${text.length}`);
      buffer.set(text, at);
      continue;
    }
    const written = buffer.write(text.length === 36 ? text.replaceAll('-', '') : '', at, 16, 'hex');
    if (written !== 16) throw new TypeError(`not a UUID: ${text}`);
  }
  return buffer;
}

function stringArray(oid: number, values: readonly (string | null)[]): Buffer {
  // A UTF-16 unit never takes more than three bytes: one generous buffer beats measuring every text first.
  let size = HEADER;
  for (const value of values) size += 4 + (value === null ? 0 : value.length * 3);
  const buffer = start(oid, values.length, values.includes(null), size);
  let at = HEADER;
  for (const value of values) {
    const written = value === null ? NULL : buffer.write(value, at + 4);
    buffer.writeInt32BE(written, at);
    at += 4 + Math.max(written, 0);
  }
  return buffer.subarray(0, values.length === 0 ? buffer.length : at);
}

function int64s(oid: number, values: readonly (number | null)[], origin: number): Buffer {
  const nulls = values.includes(null);
  const buffer = nulls ? start(oid, values.length, true, HEADER + values.length * 12) : fixed(oid, 8, values.length);
  let at = HEADER;
  for (const value of values) {
    buffer.writeInt32BE(value === null ? NULL : 8, at);
    at += 4;
    if (value === null) continue;
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    const shifted = value - origin;
    const high = Math.floor(shifted / TWO_32);
    buffer.writeInt32BE(high, at);
    buffer.writeUInt32BE(shifted - high * TWO_32, at + 4);
    at += 8;
  }
  return buffer.subarray(0, values.length === 0 ? buffer.length : at);
}

/** An array of elements of one size, their sizes already written. */
function fixed(oid: number, size: number, length: number): Buffer {
  const buffer = start(oid, length, false, HEADER + length * (size + 4));
  for (let i = 0, at = HEADER; i < length; i++, at += size + 4) buffer.writeInt32BE(size, at);
  return buffer;
}

function start(oid: number, length: number, nulls: boolean, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(length === 0 ? 12 : size);
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(nulls ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  if (length > 0) {
    buffer.writeInt32BE(length, 12);
    buffer.writeInt32BE(1, 16);
  }
  return buffer;
}
