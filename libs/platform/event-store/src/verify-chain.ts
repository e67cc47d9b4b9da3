import { parseTimestamptz } from '@loyalty/database';
import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { GENESIS, linkHash } from './chain.ts';
import { readHeads } from './read.ts';

/** A place in a log and the hash it had: whoever kept one earlier can tell whether the past before it was changed since. */
export interface Anchor extends LogPosition {
  /** 64 hex digits. */
  readonly hash: string;
}

export interface ChainOptions {
  readonly schema: string;
  readonly service: string;
  readonly shard: number;
  /** Start behind this position; for a log whose oldest partitions were archived. @default 0 */
  readonly from?: number;
  /** Of the same shard, kept by somebody else. */
  readonly anchors?: readonly Anchor[];
  /** Called about every 2,000 events. */
  readonly onProgress?: (position: number, head: number) => void;
}

export interface ChainProblem extends LogPosition {
  /** `missing`: no event there. `altered`: not what was written there. `head`: the end is not where the head says. `anchor`: the past was rewritten. */
  readonly kind: 'missing' | 'altered' | 'head' | 'anchor';
  readonly message: string;
}

export interface ChainResult {
  readonly ok: boolean;
  readonly shard: number;
  readonly checked: number;
  /** Where the shard ended when the check began. */
  readonly head: Anchor;
  /** How many anchors were met. With none, only consistency is proved: a superuser could have rewritten the whole chain. */
  readonly anchored: number;
  /** The first place that is wrong. What follows it is not looked at. */
  readonly problem?: ChainProblem;
}

const CHUNK = 2_000;

interface Row {
  readonly position: number;
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
}

/**
 * Computes the hash of every event of a shard again, up to the head found at the start, and compares: with what is stored, with the
 * head, with the anchors. In bounded memory, beside running writers. Rejects only when the database fails.
 */
export async function verifyChain(pool: Pool, options: ChainOptions): Promise<ChainResult> {
  const { schema, shard, from = 0, onProgress } = options;
  const head = (await anchorsOf(pool, schema)).find((each) => each.shard === shard);
  if (!head) throw new Error(`the log in schema ${schema} has no shard ${shard}`);
  const anchors = (options.anchors ?? []).filter((each) => each.shard === shard && each.position > from);
  const walk = new ChainWalk(options, from, from === 0 ? GENESIS : await hashAt(pool, schema, shard, from), anchors);
  let problem: Found | undefined = anchors.some((anchor) => anchor.position > head.position)
    ? {
        kind: 'anchor',
        position: head.position + 1,
        message: `the log ends at ${head.position}, before an anchor: its end was cut off`,
      }
    : undefined;
  while (!problem && walk.position < head.position) {
    const rows = await chunk(pool, schema, shard, walk.position, head.position);
    problem = rows.length === 0 ? walk.missing(`the head is at ${head.position}`) : walk.follow(rows);
    onProgress?.(walk.position, head.position);
  }
  problem ??= walk.endsWith(head);
  return {
    ok: !problem,
    shard,
    checked: walk.position - from,
    head,
    anchored: walk.anchored,
    ...(problem && { problem: { shard, ...problem } }),
  };
}

/** The ends of all shards, to be kept by somebody else and given to `verifyChain` later. */
export async function anchorsOf(pool: Pool, schema: string): Promise<Anchor[]> {
  const heads = await readHeads(pool, schema);
  return heads.map(({ shard, position, hash }) => ({ shard, position, hash }));
}

type Found = Omit<ChainProblem, 'shard'>;

class ChainWalk {
  anchored = 0;
  position: number;
  #hash: Buffer;
  readonly #options: ChainOptions;
  readonly #anchors: readonly Anchor[];

  constructor(options: ChainOptions, position: number, hash: Buffer, anchors: readonly Anchor[]) {
    this.#options = options;
    this.position = position;
    this.#hash = hash;
    this.#anchors = anchors;
  }

  follow(rows: readonly Row[]): Found | undefined {
    for (const row of rows) {
      const position = this.position + 1;
      if (row.position !== position) return this.missing(`the next one is ${row.position}`);
      const { service, shard } = this.#options;
      const id = Buffer.from(row.id.replaceAll('-', ''), 'hex');
      const time = parseTimestamptz(row.time) / 1000;
      const hash = linkHash(this.#hash, { ...row, service, shard, id, time, recorded: parseTimestamptz(row.recorded) });
      if (hash !== row.hash.toString('hex'))
        return { kind: 'altered', position, message: `the event at ${position} is not what was written there` };
      this.position = position;
      this.#hash = row.hash;
      const anchors = this.#anchors.filter((anchor) => anchor.position === position);
      if (anchors.some((anchor) => anchor.hash !== hash)) {
        return {
          kind: 'anchor',
          position,
          message: `the event at ${position} had another hash when the anchor was taken: the past was rewritten`,
        };
      }
      this.anchored += anchors.length;
    }
    return undefined;
  }

  missing(because: string): Found {
    const position = this.position + 1;
    return { kind: 'missing', position, message: `there is no event at ${position}; ${because}` };
  }

  endsWith(head: Anchor): Found | undefined {
    if (this.position !== head.position || this.#hash.toString('hex') === head.hash) return undefined;
    return {
      kind: 'head',
      position: head.position,
      message: `the head at ${head.position} carries another hash than the event there`,
    };
  }
}

async function hashAt(pool: Pool, schema: string, shard: number, position: number): Promise<Buffer> {
  const { rows } = await pool.query<{ hash: Buffer }>(
    `SELECT hash FROM ${schema}.events WHERE shard = $1 AND position = $2`,
    [shard, position],
  );
  if (!rows[0]) throw new Error(`there is no event at ${position} of shard ${shard} to start behind`);
  return rows[0].hash;
}

async function chunk(pool: Pool, schema: string, shard: number, after: number, upto: number): Promise<Row[]> {
  const { rows } = await pool.query<Row>({
    name: `verify_chain_${schema}`,
    text: `SELECT position, id, type, subject, time, recorded, correlation, causation, trace, data, hash
           FROM ${schema}.events WHERE shard = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4`,
    values: [shard, after, upto, CHUNK],
  });
  return rows;
}
