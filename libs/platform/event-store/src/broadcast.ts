import { textArray } from '@loyalty/database';
import { shardOf, type LogPosition, type NewEvent } from '@loyalty/kernel';
import { AppendBuffer, type Tail } from './append-buffer.ts';
import { together, type WriterConnection } from './connection.ts';
import { keyName, WorkDecider, type KeptAnswer } from './deciding.ts';
import type { DecideContext, Decision } from './decider.ts';
import { newEventId } from './event-id.ts';
import { beginAndLock, tailsOf } from './lock.ts';
import type { LoopContext } from './loop-context.ts';
import type { Outcome } from './outcome.ts';
import type { BroadcastOptions } from './writer.ts';
import { writeRound } from './writing.ts';

/** Events for every shard that wait to be written. */
export interface Broadcast<Answer, Global> {
  readonly subject: string;
  readonly events: readonly NewEvent[] | ((context: DecideContext<Global>) => Decision<Answer>);
  readonly options: BroadcastOptions;
  resolve(outcome: Outcome<Answer>): void;
  reject(error: Error): void;
}

/** One transaction under all heads: the same events, with the same ids and recorded times, at the end of every shard. */
export async function commitBroadcast<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  { subject, events, options }: Broadcast<A, G>,
  committed: (heads: readonly LogPosition[]) => void,
): Promise<Outcome<A>> {
  const { key } = options;
  const home = shardOf(subject, context.shards);
  const shards = Array.from({ length: context.shards }, (_, shard) => shard);
  const locked = beginAndLock(connection, context, shards);
  const found = key && connection.run(context.statements.findKeys, [textArray([key.namespace]), textArray([key.key])]);
  await together([locked.begun, locked.heads, found]);
  const tails = sameTime(tailsOf((await locked.heads).rows, context));
  const keys = await found;
  const kept = new Map<string, KeptAnswer>(key && keys?.rows[0] ? [[keyName(key), keys.rows[0]]] : []);
  const global = await context.decider.loadGlobal(connection.client);
  const buffer = new AppendBuffer(context.service, tails, context.chained);
  const worker = new WorkDecider<S, I, A, G>({
    ...context,
    global,
    tails,
    buffer,
    states: new Map(),
    kept,
    subjectKeys: new Map(),
  });
  const outcome = (key && worker.replayOf(subject, key)) ?? decideOn(worker, home);
  await writeRound(connection, context, { locked: true, tails, buffer, slices: [], sent: false }, worker.answers, 1);
  if (!buffer.isEmpty) {
    // This loop's states; the others see the generation.
    for (const shard of shards) context.cache.drop(shard);
    context.global = undefined;
    committed(buffer.heads());
  }
  return outcome;

  function decideOn(decider: typeof worker, shard: number): Outcome<A> {
    const decision: Decision<A> =
      typeof events === 'function' ? events(decider.context(shard)) : { kind: 'accepted', events, answer: null as A };
    if (decision.kind === 'insufficient') throw new TypeError('a broadcast has no state that could be insufficient');
    return decider.record({ subject, ...(key && { key }) }, shard, decision, (event) => {
      if (context.contracts[event.type]?.sealed)
        throw new TypeError(`${event.type} has sealed fields: it belongs to one subject`);
      const id = newEventId();
      const data = decider.payload(subject, event, id.text);
      const copies = shards.map((each) => buffer.append(each, subject, event, data, options, id));
      return copies[shard] as (typeof copies)[number];
    });
  }
}

/** One event, one recorded time, wherever it stands. */
function sameTime(tails: ReadonlyMap<number, Tail>): Map<number, Tail> {
  const recorded = Math.max(...[...tails.values()].map((tail) => tail.recorded));
  return new Map([...tails].map(([shard, tail]) => [shard, { ...tail, recorded, now: Math.floor(recorded / 1000) }]));
}
