import { boolArray, byteaArray, int2Array, int8Array, textArray, timestamptzArray } from '@loyalty/database';
import type { AppendBuffer } from './append-buffer.ts';
import { checkpointAfter, type Slice } from './batch.ts';
import type { WriterConnection } from './connection.ts';
import type { NewAnswer } from './deciding.ts';
import type { LoopContext } from './loop-context.ts';
import type { Shot } from './volley.ts';

/** What a transaction writes. */
export interface Writable<Input> {
  /** A transaction is open. */
  readonly locked: boolean;
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
  // Lock order: heads, checkpoints, keys, read models.
  if (!buffer.isEmpty) shots.push({ statement: statements.moveHeads, values: headColumns(buffer, bump) });
  if (slices.length > 0) shots.push({ statement: statements.moveCheckpoints, values: checkpointColumns(slices) });
  if (answers.length > 0) shots.push({ statement: statements.insertKeys, values: answerColumns(answers) });
  if (!buffer.isEmpty) {
    shots.push({ statement: statements.insertEvents, values: buffer.columns() });
    for (const model of models) {
      const values = buffer.columnsFor(model.events);
      if (values) shots.push({ statement: model, values });
    }
  }
  if (locked) shots.push({ statement: statements.commit, values: [] });
  if (shots.length === 0) return;
  round.sent = true;
  const tag = await connection.fire(shots);
  // An aborted transaction answers COMMIT with ROLLBACK, without an error.
  if (locked && tag !== 'COMMIT') throw new Error(`COMMIT was answered with ${tag}`);
}

function headColumns(buffer: AppendBuffer, bump: 0 | 1): (Buffer | string)[] {
  const tails = buffer.moved();
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

function answerColumns(answers: readonly NewAnswer[]): Buffer[] {
  const sorted = [...answers].sort((a, b) => order(a.key.namespace, b.key.namespace) || order(a.key.key, b.key.key));
  return [
    textArray(sorted.map(({ key }) => key.namespace)),
    textArray(sorted.map(({ key }) => key.key)),
    byteaArray(sorted.map(({ hash }) => hash)),
    int2Array(sorted.map(({ shard }) => shard)),
    textArray(sorted.map(({ subject }) => subject)),
    int8Array(sorted.map(({ position }) => position)),
    boolArray(sorted.map(({ refused }) => refused)),
    textArray(sorted.map(({ answer }) => answer)),
  ];
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
