import { parseTimestamptz, transaction } from '@loyalty/database';
import { formatMicros, type LogPosition } from '@loyalty/kernel';
import type { ClientBase, Pool } from 'pg';
import { canonicalBytes, GENESIS } from '../chain.ts';
import { readLog } from '../install.ts';
import { shardRoot, type TreeAnchor } from './check-receipt.ts';
import { LogTree } from './log-tree.ts';

/** One event and its way up to the root. */
export interface ReceiptEntry {
  /** The event as stored, sealed fields sealed; instants as ISO 8601 with microseconds, `data` the JSON text as it stands. */
  readonly event: Readonly<Record<string, string | number | null>>;
  /** What the hash covers, base64. */
  readonly bytes: string;
  /** SHA-256 of the bytes, 64 hex digits. */
  readonly hash: string;
  /** Siblings from the leaf up, 64 hex digits each. */
  readonly path: readonly string[];
}

/** A file that proves by itself where its entries stood; `checkReceipt` reads it. */
export interface Receipt {
  /** Version of this form. */
  readonly receipt: 1;
  /** When it was made, ISO 8601. Nothing vouches for it. */
  readonly made: string;
  /** The trees that the entries hang on, in the form of `loyalty export anchors`: a receipt is an anchor for whoever keeps it. */
  readonly anchors: readonly TreeAnchor[];
  readonly entries: readonly ReceiptEntry[];
}

export interface ReceiptOptions {
  readonly schema: string;
  readonly service: string;
  /** Which events; in order of position within each shard they are quickest. */
  readonly events: readonly LogPosition[];
  /** How many events of a shard the tree is over, by shard: where an anchor stands. @default the head */
  readonly sizes?: ReadonlyMap<number, number>;
}

/** An event that a tree over `size` events cannot hold, or a tree larger than the log. */
export class BeyondTreeError extends Error {
  override readonly name = 'BeyondTreeError';
}

/** The log has no such event. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
}

const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Proofs of events, of one shard or several, in one snapshot.
 * @throws {UnknownEventError} {@link BeyondTreeError} BlocksBehindError
 */
export function makeReceipt(pool: Pool, { schema, service, events, sizes }: ReceiptOptions): Promise<Receipt> {
  return transaction(
    pool,
    async (tx) => {
      const trees = new Map<number, { readonly tree: LogTree; readonly anchor: TreeAnchor }>();
      const entries: ReceiptEntry[] = [];
      for (const { shard, position } of events) {
        const entry = await readEntry(tx, schema, service, shard, position);
        let found = trees.get(shard);
        if (!found) trees.set(shard, (found = await treeOf(tx, { schema, service, shard }, sizes?.get(shard))));
        const { tree } = found;
        if (position > tree.size)
          throw new BeyondTreeError(
            `the event at ${position} of shard ${shard} is younger than the tree over ${tree.size} events`,
          );
        entries.push({ ...entry, path: await tree.path(position) });
      }
      const anchors = [...trees.values()].map(({ anchor }) => anchor);
      return { receipt: 1, made: new Date().toISOString(), anchors, entries };
    },
    SNAPSHOT,
  );
}

/** The ends of all shards that hold events, each with its root: to be kept by somebody else. In one snapshot. */
export function treeAnchors(pool: Pool, schema: string, service: string): Promise<TreeAnchor[]> {
  return transaction(
    pool,
    async (tx) => {
      const { rows } = await tx.query<{ shard: number }>(
        `SELECT shard FROM ${schema}.heads WHERE position > 0 ORDER BY shard`,
      );
      const anchors: TreeAnchor[] = [];
      for (const { shard } of rows) anchors.push((await treeOf(tx, { schema, service, shard }, undefined)).anchor);
      return anchors;
    },
    SNAPSHOT,
  );
}

async function treeOf(
  tx: ClientBase,
  { schema, service, shard }: { readonly schema: string; readonly service: string; readonly shard: number },
  wanted: number | undefined,
): Promise<{ readonly tree: LogTree; readonly anchor: TreeAnchor }> {
  const { rows } = await tx.query<{ position: number; hash: string }>(
    wanted === undefined
      ? `SELECT position, encode(hash, 'hex') AS hash FROM ${schema}.heads WHERE shard = $1`
      : `SELECT position, encode(hash, 'hex') AS hash FROM ${schema}.events WHERE shard = $1 AND position = $2`,
    wanted === undefined ? [shard] : [shard, wanted],
  );
  const end = rows[0];
  if (!end) throw new BeyondTreeError(`shard ${shard} has no ${wanted ?? 0} events`);
  const { block } = await readLog(tx, schema);
  const tree = await LogTree.open(tx, { schema, shard, block, size: end.position });
  const place = { service, shard, position: end.position, hash: end.hash };
  return { tree, anchor: { ...place, root: shardRoot(place, await tree.root()) } };
}

interface Row {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recorded: string;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly trace: string | null;
  readonly data: string;
  readonly hash: Buffer;
  readonly previous: Buffer | null;
}

async function readEntry(
  tx: ClientBase,
  schema: string,
  service: string,
  shard: number,
  position: number,
): Promise<Omit<ReceiptEntry, 'path'>> {
  const { rows } = await tx.query<Row>({
    name: `receipt_event_${schema}`,
    text: `SELECT id, type, subject, time, recorded, correlation, causation, trace, data, hash,
             (SELECT hash FROM ${schema}.events WHERE shard = $1 AND position = $2::int8 - 1) AS previous
           FROM ${schema}.events WHERE shard = $1 AND position = $2`,
    values: [shard, position],
  });
  const row = rows[0];
  if (!row) throw new UnknownEventError(`there is no event at ${position} of shard ${shard}`);
  const { hash, previous, id, time: stored, ...texts } = row;
  const time = parseTimestamptz(stored);
  const recorded = parseTimestamptz(row.recorded);
  const before = previous ?? GENESIS;
  const link = {
    ...row,
    service,
    shard,
    position,
    id: Buffer.from(id.replaceAll('-', ''), 'hex'),
    time: time / 1000,
    recorded,
  };
  return {
    event: {
      service,
      shard,
      position,
      id,
      ...texts,
      time: formatMicros(time),
      recorded: formatMicros(recorded),
      previous: before.toString('hex'),
    },
    bytes: canonicalBytes(before, link).toString('base64'),
    hash: hash.toString('hex'),
  };
}
