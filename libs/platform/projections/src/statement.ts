import {
  int2Array,
  int8Array,
  textArray,
  timestamptzArray,
  timestamptzArrayFromMs,
  uuidArray,
} from '@loyalty/database';
import type { ExactModel } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';

const COLUMNS = 'shard, position, id, type, subject, time, recorded, data';

/** The model's statement over this relation, filling this table. */
export function statementOf(model: ExactModel, events: string, table: string): string {
  const sql = model.parsed === undefined ? model.sql : model.sql.replaceAll('{parsed}', `(${model.parsed})`);
  return sql.replaceAll('{events}', events).replaceAll('{table}', table);
}

/** `{events}` as parameters $1 to $8, given by `batchValues`. */
export const BATCH = `(SELECT * FROM unnest($1::int2[], $2::int8[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[]) AS batch (${COLUMNS}))`;

export function batchValues(events: readonly StoredEvent[]): Buffer[] {
  return [
    int2Array(events.map(({ shard }) => shard)),
    int8Array(events.map(({ position }) => position)),
    uuidArray(events.map(({ id }) => id)),
    textArray(events.map(({ type }) => type)),
    textArray(events.map(({ subject }) => subject)),
    timestamptzArrayFromMs(events.map(({ time }) => time)),
    timestamptzArray(events.map(({ recorded }) => recorded)),
    textArray(events.map(({ data }) => data)),
  ];
}

/** `{events}` as a stretch of a log in reach: parameters $1 shard, $2 after, $3 up to, $4 types. Nothing travels. */
export function reachedRange(table: string): string {
  return `(SELECT ${COLUMNS} FROM ${table} WHERE shard = $1::int2 AND position > $2::int8 AND position <= $3::int8 AND type = ANY ($4::text[]))`;
}

/** `{events}` as a stretch with everything written out, so that partitions are pruned and rows estimated when planning. */
export function writtenRange(
  table: string,
  shard: number,
  after: number,
  upto: number,
  types: readonly string[],
): string {
  const list = types.map((type) => `'${type.replaceAll("'", "''")}'`).join(', ');
  return `(SELECT ${COLUMNS} FROM ${table} WHERE shard = ${shard} AND position > ${after} AND position <= ${upto} AND type IN (${list}))`;
}
