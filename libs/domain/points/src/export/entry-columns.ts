import type { Bucket } from '@loyalty/contracts';
import { BUCKETS } from '../core/buckets.ts';
import { balanceChange } from '../entry.ts';
import type { ExportedEntry } from './exported-entries.ts';

/** `int64` takes whole points, `millis` and `micros` instants in UTC, `json` any value. */
export type ColumnType = 'int32' | 'int64' | 'text' | 'json' | 'millis' | 'micros';

/** A column of the exported table. */
export interface EntryColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
  /** Instants as ISO text; undefined and null alike are no value. */
  readonly of: (entry: ExportedEntry) => string | number | object | null | undefined;
}

const always = (name: string, type: ColumnType, of: EntryColumn['of']): EntryColumn => ({
  name,
  type,
  required: true,
  of,
});
const maybe = (name: string, type: ColumnType, of: EntryColumn['of']): EntryColumn => ({
  name,
  type,
  required: false,
  of,
});

const postedTo = ({ postings }: ExportedEntry, bucket: Bucket): number => {
  let sum = 0;
  for (const posting of postings) if (posting.bucket === bucket) sum += posting.points;
  return sum;
};

/** One row an entry. Every bucket has a column, signed as posted, so that sums need no nested data. */
export const entryColumns: readonly EntryColumn[] = [
  always('shard', 'int32', ({ position }) => Number(position.slice(0, position.indexOf('/')))),
  always('position', 'int64', ({ position }) => Number(position.slice(position.indexOf('/') + 1))),
  always('id', 'text', ({ id }) => id),
  always('type', 'text', ({ type }) => type),
  always('member', 'text', ({ member }) => member),
  // A closing is of the account, in all programs.
  maybe('program', 'text', ({ program }) => program),
  always('effective_at', 'millis', ({ at }) => at),
  always('recorded_at', 'micros', ({ recordedAt }) => recordedAt),
  always('points', 'int64', ({ points }) => points),
  always('balance_change', 'int64', balanceChange),
  ...BUCKETS.map((bucket) => always(bucket, 'int64', (entry) => postedTo(entry, bucket))),
  maybe('lot', 'text', ({ lot }) => lot),
  maybe('active_from', 'millis', ({ activeFrom }) => activeFrom),
  maybe('expires_at', 'millis', ({ expiresAt }) => expiresAt),
  maybe('cause_source', 'text', ({ cause }) => cause?.source),
  maybe('cause_id', 'text', ({ cause }) => cause?.id),
  maybe('version', 'text', ({ version }) => version),
  maybe('tier', 'text', ({ tier }) => tier),
  maybe('redemption', 'text', ({ redemption }) => redemption),
  maybe('reservation', 'text', ({ reservation }) => reservation),
  maybe('reserved_until', 'millis', ({ until }) => until),
  maybe('undo', 'text', ({ undo }) => undo),
  maybe('transfer', 'text', ({ transfer }) => transfer),
  maybe('to_member', 'text', ({ to }) => to),
  maybe('from_member', 'text', ({ from }) => from?.member),
  maybe('from_lot', 'text', ({ from }) => from?.lot),
  maybe('earned_member', 'text', ({ earned }) => earned?.member),
  maybe('earned_lot', 'text', ({ earned }) => earned?.lot),
  maybe('by', 'text', ({ by }) => by),
  maybe('approved_by', 'text', ({ approvedBy }) => approvedBy),
  maybe('request', 'text', ({ request }) => request),
  maybe('reason', 'text', ({ reason }) => reason),
  maybe('reference', 'text', ({ reference }) => reference),
  always('postings', 'json', ({ postings }) => postings),
  maybe('causation', 'text', ({ causation }) => causation),
  maybe('correlation', 'text', ({ correlation }) => correlation),
  always('hash', 'text', ({ hash }) => hash),
];
