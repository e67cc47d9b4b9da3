import { boolArray, byteaArray, int2Array, int8Array, textArray, timestamptzArray } from '@loyalty/database';
import type { QueryResult } from 'pg';
import type { AppendBuffer } from './append-buffer.ts';
import { checkpointAfter, type Slice } from './batch.ts';
import { together, type WriterConnection } from './connection.ts';
import type { NewAnswer } from './deciding.ts';
import type { LoopContext } from './loop-context.ts';

/** What a transaction writes. */
export interface Writable<Input> {
  readonly buffer: AppendBuffer;
  readonly slices: readonly Slice<Input>[];
  sent: boolean;
}

/**
 * The second round trip: everything a transaction writes, and COMMIT, on the wire at once. Whatever must hold for COMMIT to be
 * right raises an error in its own statement, because nobody looks in between.
 * @param bump by how much the heads' generation moves
 */
export async function writeRound<S, I, A, G>(
  connection: WriterConnection,
  { statements, models }: LoopContext<S, I, A, G>,
  round: Writable<I>,
  answers: readonly NewAnswer[],
  bump: 0 | 1,
): Promise<void> {
  const { buffer, slices } = round;
  const sent: Promise<QueryResult>[] = [];
  // Lock order: heads, checkpoints, keys, read models.
  if (!buffer.isEmpty) sent.push(connection.run(statements.moveHeads, headColumns(buffer, bump)));
  if (slices.length > 0) sent.push(connection.run(statements.moveCheckpoints, checkpointColumns(slices)));
  if (answers.length > 0) sent.push(connection.run(statements.insertKeys, answerColumns(answers)));
  if (!buffer.isEmpty) {
    sent.push(connection.run(statements.insertEvents, buffer.columns()));
    for (const model of models) {
      const columns = buffer.columnsFor(model.events);
      if (columns) sent.push(connection.run(model, columns));
    }
  }
  round.sent = true;
  sent.push(connection.command('COMMIT'));
  const results = await together(sent);
  if (results.at(-1)?.command !== 'COMMIT') throw new Error('the transaction was rolled back although no statement failed');
}

function headColumns(buffer: AppendBuffer, bump: 0 | 1): unknown[] {
  const tails = buffer.moved();
  return [
    int2Array(tails.map((tail) => tail.shard)),
    int8Array(tails.map((tail) => tail.start)),
    int8Array(tails.map((tail) => tail.position)),
    byteaArray(tails.map((tail) => tail.hash)),
    timestamptzArray(tails.map((tail) => tail.recorded)),
    bump,
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
