import { copyOut, transaction, type EventCheck } from '@loyalty/database';
import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { GENESIS } from './chain.ts';
import { readLog } from './install.ts';
import { BlockWalk } from './proof/block-walk.ts';
import { readHeads } from './read.ts';
import { StoredLinks } from './stored-links.ts';

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
  /** Looks at every event on the way. */
  readonly eventCheck?: EventCheck | undefined;
  /** Called about every 16,000 events. */
  readonly onProgress?: (position: number, head: number) => void;
}

export interface ChainProblem extends LogPosition {
  /**
   * `missing`: no event there. `altered`: not what was written there. `block`: a Merkle block, beginning there, was closed over other
   * events. `head`: the end is not where the head says. `anchor`: the past was rewritten.
   */
  readonly kind: 'missing' | 'altered' | 'block' | 'head' | 'anchor';
  readonly message: string;
}

export interface OddEvent {
  readonly position: number;
  readonly message: string;
}

export interface ChainResult {
  readonly ok: boolean;
  readonly shard: number;
  readonly checked: number;
  /** Closed blocks that agree with their events. */
  readonly blocks: number;
  /** Where the shard ended when the check began. */
  readonly head: Anchor;
  /** How many anchors were met. With none, only consistency is proved: a superuser could have rewritten the whole chain. */
  readonly anchored: number;
  /** What the event check found, the first 20. The walk goes on: the log is whole, what it says is not. */
  readonly odd: readonly OddEvent[];
  /** The first place that is wrong. What follows it is not looked at. */
  readonly problem?: ChainProblem;
}

/** A snapshot lasts as long as this many events take: a quarter of a second. One for all would keep dead rows of the heads for minutes. */
const CHUNK = 16_384;
const SHOWN = 20;

/**
 * Computes the hash of every event of a shard again, up to the head found at the start, and compares: with what is stored, with the
 * closed blocks, with the head, with the anchors. In bounded memory, beside running writers. Rejects only when the database fails.
 */
export async function verifyChain(pool: Pool, options: ChainOptions): Promise<ChainResult> {
  const { schema, shard, from = 0, onProgress } = options;
  const head = (await anchorsOf(pool, schema)).find((each) => each.shard === shard);
  if (!head) throw new Error(`the log in schema ${schema} has no shard ${shard}`);
  const anchors = (options.anchors ?? []).filter((each) => each.shard === shard && each.position > from);
  const { block } = await readLog(pool, schema);
  const blocks = await BlockWalk.start(pool, { schema, shard, block }, from);
  const walk = new ChainWalk(
    options,
    from,
    from === 0 ? GENESIS : await hashAt(pool, schema, shard, from),
    anchors,
    blocks,
  );
  walk.problem = cutOff(head, anchors, blocks);
  while (!walk.problem && walk.position < head.position) {
    const upto = Math.min(head.position, walk.position + CHUNK);
    await blocks.prepare(walk.position, upto);
    await readRows(pool, schema, shard, walk.position, upto, (bytes, at) => walk.take(bytes, at));
    if (walk.position < upto) walk.problem ??= walk.missing(`the head is at ${head.position}`);
    onProgress?.(walk.position, head.position);
  }
  const problem = walk.problem ?? walk.endsWith(head);
  return {
    ok: !problem,
    shard,
    checked: walk.position - from,
    blocks: blocks.checked,
    head,
    anchored: walk.anchored,
    odd: walk.odd,
    ...(problem && { problem: { shard, ...problem } }),
  };
}

/** The ends of all shards, to be kept by somebody else and given to `verifyChain` later. */
export async function anchorsOf(pool: Pool, schema: string): Promise<Anchor[]> {
  const heads = await readHeads(pool, schema);
  return heads.map(({ shard, position, hash }) => ({ shard, position, hash }));
}

type Found = Omit<ChainProblem, 'shard'>;

function cutOff({ position }: Anchor, anchors: readonly Anchor[], blocks: BlockWalk): Found | undefined {
  const because = anchors.some((anchor) => anchor.position > position)
    ? { kind: 'anchor' as const, before: 'an anchor' }
    : blocks.end > position && { kind: 'block' as const, before: `the end of its last closed block at ${blocks.end}` };
  if (!because) return undefined;
  const message = `the log ends at ${position}, before ${because.before}: its end was cut off`;
  return { kind: because.kind, position: position + 1, message };
}

class ChainWalk {
  anchored = 0;
  position: number;
  problem: Found | undefined;
  readonly odd: OddEvent[] = [];
  readonly #check: EventCheck | undefined;
  readonly #links: StoredLinks;
  readonly #anchors: ReadonlyMap<number, readonly Anchor[]>;
  readonly #blocks: BlockWalk;

  constructor(
    { service, shard, eventCheck }: ChainOptions,
    position: number,
    hash: Buffer,
    anchors: readonly Anchor[],
    blocks: BlockWalk,
  ) {
    this.position = position;
    this.#check = eventCheck;
    this.#links = new StoredLinks(service, shard, hash);
    this.#anchors = Map.groupBy(anchors, (anchor) => anchor.position);
    this.#blocks = blocks;
  }

  /** The next row. Behind a problem nothing is looked at. */
  take(bytes: Buffer, at: number): void {
    if (this.problem) return;
    const position = this.position + 1;
    const found = StoredLinks.position(bytes, at);
    if (found !== position) this.problem = this.missing(`the next one is ${found}`);
    else if (!this.#links.take(bytes, at))
      this.problem = { kind: 'altered', position, message: `the event at ${position} is not what was written there` };
    else {
      this.position = position;
      this.problem = this.#meetAnchors(position) ?? this.#meetBlock(position);
      const { from, to } = this.#links.data;
      const message = this.#check?.look(bytes, from, to);
      if (message !== undefined && this.odd.length < SHOWN) this.odd.push({ position, message });
    }
  }

  #meetAnchors(position: number): Found | undefined {
    const anchors = this.#anchors.get(position);
    if (!anchors) return undefined;
    const hash = this.#links.hash.toString('hex');
    if (anchors.some((anchor) => anchor.hash !== hash)) {
      return {
        kind: 'anchor',
        position,
        message: `the event at ${position} had another hash when the anchor was taken: the past was rewritten`,
      };
    }
    this.anchored += anchors.length;
    return undefined;
  }

  #meetBlock(position: number): Found | undefined {
    const wrong = this.#blocks.take(position, this.#links.hash);
    return wrong && { kind: 'block', ...wrong };
  }

  missing(because: string): Found {
    const position = this.position + 1;
    return { kind: 'missing', position, message: `there is no event at ${position}; ${because}` };
  }

  endsWith(head: Anchor): Found | undefined {
    if (this.#links.hash.toString('hex') === head.hash) return undefined;
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

function readRows(
  pool: Pool,
  schema: string,
  shard: number,
  after: number,
  upto: number,
  row: (bytes: Buffer, at: number) => void,
): Promise<void> {
  return transaction(pool, async (tx) => {
    // Along the primary key, whatever the planner knows of a table that has just been filled.
    await tx.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off');
    await copyOut(
      tx,
      `COPY (SELECT ${StoredLinks.columns} FROM ${schema}.events
         WHERE shard = ${shard} AND position > ${after} AND position <= ${upto} ORDER BY position) TO STDOUT (FORMAT binary)`,
      row,
    );
  });
}
