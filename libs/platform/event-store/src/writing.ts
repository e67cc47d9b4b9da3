import {
  byteaArray,
  int2Array,
  int8Array,
  textArray,
  timestamptzArray,
  type CopyRows,
  type Shot,
} from '@loyalty/database';
import type { AppendBuffer, Tail } from './append-buffer.ts';
import { checkpointAfter, type Slice } from './batch.ts';
import type { WriterConnection } from './connection.ts';
import type { NewAnswer } from './deciding.ts';
import type { LoopContext } from './loop-context.ts';

/** What a transaction writes. */
export interface Writable<Input> {
  /** A transaction is open, the heads are locked. */
  readonly locked: boolean;
  /** Of every shard that the decisions depend on. */
  readonly tails: ReadonlyMap<number, Tail>;
  readonly buffer: AppendBuffer;
  readonly slices: readonly Slice<Input>[];
  sent: boolean;
}

/**
 * One round trip: everything a transaction writes, and COMMIT, on the wire at once. Whatever must hold for COMMIT to be right raises
 * an error in its own statement, because nobody looks in between.
 * @param bump by how much the heads' generation moves
 */
export async function writeRound<S, I, A, G>(
  connection: WriterConnection,
  { statements, models }: LoopContext<S, I, A, G>,
  round: Writable<I>,
  answers: readonly NewAnswer[],
  bump: 0 | 1,
): Promise<void> {
  const { buffer, slices, locked } = round;
  const shots: Shot[] = [];
  // Lock order: heads, checkpoints, keys, read models. Without locks every head is asserted, those that stay where they are too:
  // a refusal records nothing, but it was decided on what stood there.
  const heads = locked ? buffer.moved() : [...round.tails.values()].sort((a, b) => a.shard - b.shard);
  if (heads.length > 0) shots.push({ statement: statements.moveHeads, values: headColumns(heads, bump) });
  if (slices.length > 0) shots.push({ statement: statements.moveCheckpoints, values: checkpointColumns(slices) });
  if (answers.length > 0)
    shots.push({ statement: statements.copyKeys, values: [], rows: answerRows(answers, connection.keyRows) });
  if (!buffer.isEmpty) {
    shots.push({ statement: statements.copyEvents, values: [], rows: buffer.rows(connection.eventRows) });
    const statement = models.for(buffer.types);
    if (statement) shots.push({ statement, values: buffer.columnsFor(statement.events) });
  }
  if (locked) shots.push({ statement: statements.commit, values: [] });
  if (shots.length === 0) return;
  round.sent = true;
  const tag = await connection.fire(shots);
  // An aborted transaction answers COMMIT with ROLLBACK, without an error.
  if (locked && tag !== 'COMMIT') throw new Error(`COMMIT was answered with ${tag}`);
}

function headColumns(tails: readonly Tail[], bump: 0 | 1): (Buffer | string)[] {
  return [
    int2Array(tails.map((tail) => tail.shard)),
    int8Array(tails.map((tail) => tail.start)),
    byteaArray(tails.map((tail) => tail.startHash)),
    int8Array(tails.map((tail) => tail.generation)),
    int8Array(tails.map((tail) => tail.position)),
    byteaArray(tails.map((tail) => tail.hash)),
    timestamptzArray(tails.map((tail) => tail.recorded)),
    String(bump),
  ];
}

function checkpointColumns<I>(slices: readonly Slice<I>[]): Buffer[] {
  const sorted = [...slices].sort((a, b) => (checkpointName(a) < checkpointName(b) ? -1 : 1));
  const batches = sorted.map(({ stretch }) => stretch.batch);
  const after = sorted.map(checkpointAfter);
  return [
    textArray(batches.map((batch) => batch.consumer)),
    textArray(batches.map((batch) => batch.source)),
    int2Array(batches.map((batch) => batch.shard)),
    int8Array(sorted.map(({ stretch }) => stretch.position)),
    int8Array(after.map(({ position }) => position)),
    byteaArray(after.map(({ hash }) => Buffer.from(hash, 'hex'))),
  ];
}

function checkpointName<I>({ stretch: { batch } }: Slice<I>): string {
  return `${batch.consumer}\0${batch.source}\0${batch.shard}`;
}

/** In key order, so that two writers with keys in common wait for each other, never in a ring. */
function answerRows(answers: readonly NewAnswer[], into: CopyRows): Buffer {
  const sorted = [...answers].sort((a, b) => order(a.key.namespace, b.key.namespace) || order(a.key.key, b.key.key));
  into.start();
  for (const { key, hash, shard, subject, position, refused, answer } of sorted) {
    into
      .row(8)
      .text(key.namespace)
      .text(key.key)
      .bytes(hash)
      .int2(shard)
      .text(subject)
      .int8(position)
      .bool(refused)
      .text(answer);
  }
  return into.finish();
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
