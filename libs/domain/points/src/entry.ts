import type { Bucket } from '@loyalty/contracts';
import { parseTimestamptz } from '@loyalty/database';
import { formatInstant, formatMicros } from '@loyalty/kernel';

/** One event of the points log as its member sees it. */
export interface Entry {
  /** `shard/position` in the points log. */
  readonly position: string;
  readonly id: string;
  /** `earned`, `corrected`, `reversed`, `expired`, `repaid`, `redeemed`, `adjusted`, `opened`, `reserved`, `captured`,
   * `voided`, `released`, `undone`, `sent`, `received`; without any postings `requested`, `refused`: of an adjustment; `closed`,
   * `reopened`: of the account. */
  readonly type: string;
  /** When it took effect. */
  readonly at: string;
  readonly recordedAt: string;
  /** Left out, as its balance is, where it is about the account, in all programs. */
  readonly program?: string;
  readonly points: number;
  readonly lot?: string;
  readonly activeFrom?: string;
  readonly expiresAt?: string | null;
  /** Points of the lot are gone so long after the member's last purchase or redemption; `expiresAt` is null then. */
  readonly inactivity?: { readonly after: string; readonly timeZone: string };
  /** Of an activity: if nothing else happens, all that expires by inactivity is gone by then. */
  readonly keptUntil?: string;
  /** The purchase or return behind it. */
  readonly cause?: { readonly source: string; readonly id: string };
  /** Program version and tier of the rating. */
  readonly version?: string | null;
  readonly tier?: string | null;
  readonly redemption?: string;
  /** A capture's names its redemption too. */
  readonly reservation?: string;
  /** When a reservation ends by itself. */
  readonly until?: string;
  readonly undo?: string;
  /** The transfer, or the undo that gave points a lot of their own. */
  readonly transfer?: string;
  /** The receiver of what was sent. */
  readonly to?: string;
  /** The lot that points came from, and of whom; without a member it is the member's own. */
  readonly from?: { readonly member?: string; readonly lot: string };
  /** Who earned points that changed hands. */
  readonly earned?: { readonly member: string; readonly lot: string };
  readonly reason?: string;
  readonly reference?: string;
  /** What points were worth off a purchase. */
  readonly money?: { readonly amount: string; readonly currency: string; readonly pointValue: string };
  readonly purchaseTotal?: string;
  /** The reward that was had, and its single-use code. */
  readonly reward?: string;
  readonly code?: string;
  /** Of an adjustment that needed approval: its name; who asked for an adjustment, and who approved. */
  readonly request?: string;
  readonly by?: string;
  readonly approvedBy?: string;
  /** Points by bucket and lot; they sum to zero. Signed: issued is negative, owed is negative while points are owed. */
  readonly postings: readonly { readonly lot: string; readonly bucket: Bucket; readonly points: number }[];
  /** What the wallet held, pending or active, less what it owed, once this was recorded. Left out where only a cause was asked for. */
  readonly balance?: number;
}

export interface EntryRow {
  readonly shard: number;
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly recorded: string;
  readonly data: string;
}

export const ENTRY_COLUMNS = 'shard, position, id, type, time, recorded, data';

const SHOWN = [
  'lot',
  'activeFrom',
  'expiresAt',
  'inactivity',
  'keptUntil',
  'cause',
  'version',
  'tier',
  'redemption',
  'reservation',
  'until',
  'undo',
  'transfer',
  'to',
  'from',
  'earned',
  'reason',
  'reference',
  'money',
  'purchaseTotal',
  'reward',
  'code',
  'request',
  'by',
  'approvedBy',
] as const;

export function entryOf(row: EntryRow): Entry {
  const data = JSON.parse(row.data) as Pick<Entry, 'program' | 'postings'> &
    Record<string, unknown> & { readonly points?: number };
  const shown = Object.fromEntries(SHOWN.flatMap((field) => (data[field] === undefined ? [] : [[field, data[field]]])));
  return {
    position: `${row.shard}/${row.position}`,
    id: row.id,
    type: row.type.split('.')[1] as string,
    at: formatInstant(parseTimestamptz(row.time) / 1000),
    recordedAt: formatMicros(parseTimestamptz(row.recorded)),
    ...(data.program !== undefined && { program: data.program }),
    points: data.points ?? 0,
    ...shown,
    postings: data.postings,
  };
}

/** What an entry adds to what its wallet holds less what it owes. */
export function balanceChange(entry: Entry): number {
  return postedTo('held', entry) + postedTo('owed', entry);
}

/** Points that an entry takes out of what is there, expired or not. */
export const takenOut = (entry: Entry): number => -postedTo('held', entry) - postedTo('expired', entry);

/** Signed as posted. */
function postedTo(bucket: Bucket, { postings }: Entry): number {
  return postings.reduce((sum, posting) => (posting.bucket === bucket ? sum + posting.points : sum), 0);
}
