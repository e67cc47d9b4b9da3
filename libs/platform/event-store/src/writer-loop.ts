import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { halves, WorkFault, type Batch, type Command, type Slice, type Stretch } from './batch.ts';
import { commitBroadcast, type Broadcast } from './broadcast.ts';
import { isConnectionLoss, isTransient, wasOvertaken, WriterConnection } from './connection.ts';
import { groupCommit, KeysNeeded, LocksNeeded, type Round } from './group-commit.ts';
import { didLand } from './landing.ts';
import type { LoopContext } from './loop-context.ts';
import { observed } from './observer.ts';
import { ClockBehindError, QueueFullError, StoreUnavailableError } from './outcome.ts';
import { advance, rejectAll, rejectOne, unavailable, withoutCulprit } from './settling.ts';

export interface LoopLimits {
  readonly queueLimit: number;
  readonly batchLimit: number;
  readonly sourceLimit: number;
  readonly retryMs: number;
}

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;

/** Serves a group of shards: whatever queued up while its last commit ran goes into the next one. Never waits to fill a batch. */
export class WriterLoop<S, I, A, G> {
  readonly #pool: Pool;
  readonly #context: LoopContext<S, I, A, G>;
  readonly #limits: LoopLimits;
  readonly #committed: (heads: readonly LogPosition[]) => void;
  #commands: Command<I, A>[] = [];
  #stretches: Stretch<I>[] = [];
  #broadcasts: Broadcast<A, G>[] = [];
  #connection: WriterConnection | undefined;
  #running: Promise<void> | undefined;

  constructor(
    pool: Pool,
    context: LoopContext<S, I, A, G>,
    limits: LoopLimits,
    committed: (heads: readonly LogPosition[]) => void,
  ) {
    this.#pool = pool;
    this.#context = context;
    this.#limits = limits;
    this.#committed = committed;
  }

  /** Throws QueueFullError, unless the queue is empty: a list longer than the limit must find a way. */
  assertRoom(commands: number): void {
    const waiting = this.#commands.length;
    if (waiting > 0 && waiting + commands > this.#limits.queueLimit) {
      throw new QueueFullError(`${this.#context.service}: ${waiting} commands are waiting already`);
    }
  }

  add(command: Command<I, A>): void {
    this.#commands.push(command);
    this.#run();
  }

  addStretch(stretch: Stretch<I>): void {
    this.#stretches.push(stretch);
    this.#run();
  }

  addBroadcast(broadcast: Broadcast<A, G>): void {
    this.#broadcasts.push(broadcast);
    this.#run();
  }

  /** When everything queued is settled. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
    await this.#context.kept?.settled();
    this.#disconnect();
  }

  #run(): void {
    this.#running ??= this.#serve();
  }

  async #serve(): Promise<void> {
    do {
      // One turn of the event loop: callers just answered ask again before the next batch is cut.
      await turn();
      const broadcast = this.#broadcasts.shift();
      if (broadcast) await this.#broadcast(broadcast);
      const batch = this.#take();
      if (batch.commands.length + batch.slices.length > 0) await this.#settle(batch);
      this.#stretches = this.#stretches.filter((stretch) => !stretch.settled);
    } while (this.#commands.length + this.#stretches.length + this.#broadcasts.length > 0);
    // In the same breath as the check: whoever adds from now on starts the loop again.
    this.#running = undefined;
  }

  /** Commands first, then a bounded part of the source events, one slice a checkpoint. */
  #take(): Batch<I, A> {
    const { batchLimit, sourceLimit } = this.#limits;
    const commands = this.#commands.length <= batchLimit ? this.#commands : this.#commands.slice(0, batchLimit);
    this.#commands = commands === this.#commands ? [] : this.#commands.slice(batchLimit);
    const slices: Slice<I>[] = [];
    const taken = new Set<string>();
    let room = sourceLimit;
    for (const stretch of this.#stretches) {
      const { consumer, source, shard, work } = stretch.batch;
      const checkpoint = `${consumer}\0${source}\0${shard}`;
      if (room <= 0 || taken.has(checkpoint)) continue;
      taken.add(checkpoint);
      const end = Math.min(work.length, stretch.done + room);
      slices.push({ stretch, start: stretch.done, end });
      room -= Math.max(1, end - stretch.done);
    }
    return { commands, slices };
  }

  /** Commits a batch, however often it takes and into however many parts it has to be divided. Everything in it gets its answer. */
  async #settle(whole: Batch<I, A>): Promise<void> {
    let batch: Batch<I, A> | undefined = whole;
    const deadline = Date.now() + this.#limits.retryMs;
    for (let attempt = 0; batch; attempt++) {
      batch = { commands: batch.commands, slices: batch.slices.filter(({ stretch }) => !stretch.settled) };
      if (batch.commands.length + batch.slices.length === 0) return;
      const error = await this.#attempt(batch);
      if (error === undefined) return;
      if (error instanceof WorkFault) {
        batch = withoutCulprit(batch, error as WorkFault<I, A>);
        continue;
      }
      if (error instanceof ClockBehindError || error instanceof StoreUnavailableError) return rejectAll(batch, error);
      if (error instanceof LocksNeeded) continue;
      if (isTransient(error) || wasOvertaken(error) || (await this.#madeRoom(error))) {
        if (Date.now() > deadline) return rejectAll(batch, unavailable(error));
        await pause(
          Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2),
        );
        continue;
      }
      const parts = halves(batch);
      if (!parts) return rejectOne(batch, error as Error);
      await this.#settle(parts[0]);
      await this.#settle(parts[1]);
      return;
    }
  }

  /** Whether the error was a missing partition, which is there now. Normally made long before it is reached. */
  async #madeRoom(error: unknown): Promise<boolean> {
    const { code, message } = error as { code?: string; message: string };
    if (code !== '23514' || !message.startsWith('no partition of relation "events"')) return false;
    return this.#context.partitions.makeNext(this.#pool);
  }

  /** One transaction. Gives the error it failed with. */
  async #attempt(batch: Batch<I, A>): Promise<unknown> {
    const { cache, optimism } = this.#context;
    let round: Round<S, I, A> | undefined;
    try {
      const connection = await this.#connect();
      await observed(this.#context, batch, async () => {
        await groupCommit(connection, this.#context, batch, (started) => (round = started));
        return round as Round<S, I, A>;
      });
    } catch (error) {
      const landed = await this.#afterFailure(error, round);
      if (landed !== true) {
        // Its states may have evolved; all others are still true if the heads are.
        for (const { work } of batch.commands) cache.forget(work.subject);
        for (const { stretch } of batch.slices) for (const { subject } of stretch.batch.work) cache.forget(subject);
        if (round?.locked !== false || isConnectionLoss(error)) return landed;
        // What failed without looking first proves nothing: a work that threw may have a key that was answered long ago.
        if (error instanceof KeysNeeded) optimism.lookFirst();
        else optimism.wrong();
        return new LocksNeeded();
      }
    }
    this.#finish(round as Round<S, I, A>);
    return undefined;
  }

  async #broadcast(broadcast: Broadcast<A, G>): Promise<void> {
    const deadline = Date.now() + this.#limits.retryMs;
    for (;;) {
      try {
        const outcome = await commitBroadcast(await this.#connect(), this.#context, broadcast, (heads) =>
          this.#committed(heads),
        );
        return broadcast.resolve(outcome);
      } catch (error) {
        // Lost in COMMIT or before: with a key the retry finds the answer; without one it may be written twice, and says so.
        await this.#afterFailure(error, undefined);
        if (!(isTransient(error) || wasOvertaken(error)) || Date.now() > deadline) {
          return broadcast.reject(isTransient(error) ? unavailable(error) : (error as Error));
        }
        await pause(FIRST_PAUSE_MS * 4);
      }
    }
  }

  /** Rolls back, or finds out what became of a COMMIT whose answer was lost: true when it landed, else the error to go on with. */
  async #afterFailure(error: unknown, round: Round<S, I, A> | undefined): Promise<unknown> {
    const connection = this.#connection;
    if (connection && !connection.broken && !isConnectionLoss(error)) {
      await connection.command('ROLLBACK').catch(() => this.#disconnect());
      return error;
    }
    this.#disconnect();
    if (!round?.sent) return error;
    const deadline = Date.now() + this.#limits.retryMs;
    for (;;) {
      try {
        return (await didLand(await this.#connect(), this.#context, round)) || error;
      } catch (lost) {
        this.#disconnect();
        if (Date.now() > deadline)
          return new StoreUnavailableError('the connection was lost during COMMIT: what became of it is unknown', {
            cause: lost,
          });
        await pause(LONGEST_PAUSE_MS / 5);
      }
    }
  }

  #finish(round: Round<S, I, A>): void {
    const { cache, kept, optimism, partitions } = this.#context;
    if (round.locked) optimism.locked();
    else optimism.right();
    for (const tail of round.tails.values()) cache.follow(tail.shard, tail);
    partitions.follow(this.#pool, round.tails.values());
    // What making room lets go of must be true under these heads, which the batch's former states are not.
    if (kept !== undefined) for (const { work } of round.jobs) cache.forget(work.subject);
    for (const { work, shard } of round.jobs) {
      const held = round.states.get(work.subject);
      if (held) cache.put(work.subject, shard, held);
    }
    for (const { stretch, end } of round.slices) advance(stretch, end);
    for (const { culprit, outcome } of round.jobs) if ('resolve' in culprit && outcome) culprit.resolve(outcome);
    if (!round.buffer.isEmpty) this.#committed(round.buffer.heads());
  }

  async #connect(): Promise<WriterConnection> {
    if (this.#connection?.broken) this.#disconnect();
    return (this.#connection ??= await WriterConnection.open(this.#pool));
  }

  #disconnect(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}
