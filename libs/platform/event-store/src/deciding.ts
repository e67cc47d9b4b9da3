import { createHmac } from 'node:crypto';
import type { NewEvent, StoredEvent } from '@loyalty/kernel';
import type { AppendBuffer, Tail } from './append-buffer.ts';
import type { DecideContext, Decider, Decision, IdempotencyKey, SubjectRef, Work } from './decider.ts';
import { newEventId } from './event-id.ts';
import type { Outcome } from './outcome.ts';
import { sealData, type SubjectKeys } from './sealing.ts';
import type { Held } from './state-cache.ts';
import type { EventContracts } from './writer.ts';

/** A key's answer as it is kept. */
export interface KeptAnswer {
  readonly hash: Buffer;
  readonly shard: number;
  readonly position: number | null;
  readonly refused: boolean;
  readonly answer: string;
}

export interface NewAnswer extends KeptAnswer {
  readonly key: IdempotencyKey;
  readonly subject: string;
}

/** Why a work could not be decided yet. */
type Missing = 'full state' | 'subject key';

export interface Deciding<State, Input, Answer, Global> {
  readonly decider: Decider<State, Input, Answer, Global>;
  readonly global: Global;
  readonly contracts: EventContracts;
  readonly validate: boolean;
  readonly tails: ReadonlyMap<number, Tail>;
  readonly buffer: AppendBuffer;
  /** Of every subject of the batch. */
  readonly states: Map<string, Held<State>>;
  /** Answers kept under keys of the batch. */
  readonly kept: Map<string, KeptAnswer>;
  /** Of the subjects that were asked for. */
  readonly subjectKeys: SubjectKeys;
}

export function keyName({ namespace, key }: IdempotencyKey): string {
  return `${namespace}\0${key}`;
}

/** Decides the works of one transaction in memory, each on the state that those before it left. */
export class WorkDecider<State, Input, Answer, Global> {
  readonly answers: NewAnswer[] = [];
  /** A keyed work was refused without an answer to keep: nothing that is written asserts that its key is new. */
  unasserted = false;
  readonly #in: Deciding<State, Input, Answer, Global>;
  readonly #contexts = new Map<number, DecideContext<Global>>();
  /** Subjects with a work that waits: those behind it wait too, to keep their order. */
  readonly #waiting = new Map<string, Missing>();

  constructor(deciding: Deciding<State, Input, Answer, Global>) {
    this.#in = deciding;
  }

  /** The outcome, or undefined when the subject's full state or key must be loaded first. Throws what the decider throws. */
  decide(work: Work<Input>, shard: number): Outcome<Answer> | undefined {
    const { decider, states } = this.#in;
    if (this.#waiting.has(work.subject)) return undefined;
    const replay = work.key && this.#replay(work, work.key);
    if (replay) return replay;
    const held = states.get(work.subject);
    if (!held) throw new Error(`load gave no state for ${work.subject}`);
    const decision = decider.decide(work.input, held.state, this.context(shard));
    if (decision.kind === 'insufficient') {
      if (held.full) throw new Error(`the decider finds the full state of ${work.subject} insufficient`);
      this.#waiting.set(work.subject, 'full state');
      return undefined;
    }
    if (decision.kind === 'accepted' && this.needsKey(work.subject, decision.events)) {
      this.#waiting.set(work.subject, 'subject key');
      return undefined;
    }
    return this.record(work, shard, decision, (event) => this.#append(work, shard, event, held));
  }

  /** Subjects that wait, by what they wait for; they may be decided again afterwards. */
  takeWaiting(missing: Missing, shardOf: (subject: string) => number): SubjectRef[] {
    const subjects: SubjectRef[] = [];
    for (const [subject, what] of this.#waiting) {
      if (what !== missing) continue;
      subjects.push({ subject, shard: shardOf(subject) });
      this.#waiting.delete(subject);
    }
    return subjects;
  }

  /** A full state was read from the log; what this batch already appended to it is not there yet. */
  supply({ subject, shard }: SubjectRef, state: State): void {
    const { buffer, decider, states } = this.#in;
    let next = state;
    for (const event of buffer.eventsOf(subject, shard)) next = decider.evolve(next, event);
    states.set(subject, { state: next, full: true });
  }

  /** Turns a decision into an outcome and keeps the answer. */
  record(
    work: Pick<Work<Input>, 'subject' | 'key'>,
    shard: number,
    decision: Exclude<Decision<Answer>, { kind: 'insufficient' }>,
    append: (event: NewEvent) => StoredEvent,
  ): Outcome<Answer> {
    if (decision.kind === 'refused') {
      if (work.key && decision.keep === false) this.unasserted = true;
      else if (work.key) this.#keep(work.subject, work.key, shard, null, true, decision.refusal);
      return { kind: 'refused', refusal: decision.refusal, replayed: false };
    }
    let last: StoredEvent | undefined;
    for (const event of decision.events) last = append(event);
    if (work.key) this.#keep(work.subject, work.key, shard, last?.position ?? null, false, decision.answer);
    const position = last ? { shard: last.shard, position: last.position } : null;
    return { kind: 'accepted', answer: decision.answer, position, replayed: false };
  }

  context(shard: number): DecideContext<Global> {
    let context = this.#contexts.get(shard);
    if (!context) {
      const tail = this.#in.tails.get(shard) as Tail;
      context = { recorded: tail.recorded, now: tail.now, global: this.#in.global };
      this.#contexts.set(shard, context);
    }
    return context;
  }

  /** The event's JSON text: validated if asked for, its sealed fields encrypted. */
  payload(subject: string, event: NewEvent, id: string): string {
    const contract = this.#in.contracts[event.type];
    if (this.#in.validate) {
      if (!contract) throw new TypeError(`${event.type} has no contract`);
      contract.schema.parse(event.data);
    }
    const sealed = contract?.sealed;
    const data = sealed ? sealData(event.data, sealed, id, this.#in.subjectKeys.get(subject) ?? null) : event.data;
    return JSON.stringify(data);
  }

  needsKey(subject: string, events: readonly NewEvent[]): boolean {
    return (
      !this.#in.subjectKeys.has(subject) && events.some((event) => this.#in.contracts[event.type]?.sealed !== undefined)
    );
  }

  #append(work: Work<Input>, shard: number, event: NewEvent, held: Held<State>): StoredEvent {
    const id = newEventId();
    const stored = this.#in.buffer.append(
      shard,
      work.subject,
      event,
      this.payload(work.subject, event, id.text),
      work,
      id,
    );
    held.state = this.#in.decider.evolve(held.state, stored);
    return stored;
  }

  #replay(work: Pick<Work<Input>, 'subject'>, key: IdempotencyKey): Outcome<Answer> | undefined {
    const kept = this.#in.kept.get(keyName(key));
    if (!kept) return undefined;
    const bound = this.bind(work.subject, key);
    // Nobody can tell any more what a key was bound to once the member's own key is destroyed.
    if (bound && !bound.equals(kept.hash)) return { kind: 'conflict' };
    if (kept.refused) return { kind: 'refused', refusal: JSON.parse(kept.answer), replayed: true };
    const position = kept.position === null ? null : { shard: kept.shard, position: kept.position };
    return { kind: 'accepted', answer: JSON.parse(kept.answer) as Answer, position, replayed: true };
  }

  replayOf(subject: string, key: IdempotencyKey): Outcome<Answer> | undefined {
    return this.#replay({ subject }, key);
  }

  #keep(
    subject: string,
    key: IdempotencyKey,
    shard: number,
    position: number | null,
    refused: boolean,
    answer: unknown,
  ): void {
    const hash = this.bind(subject, key) ?? Buffer.alloc(32);
    const kept = { key, subject, shard, position, refused, hash, answer: JSON.stringify(answer) ?? 'null' };
    this.#in.kept.set(keyName(key), kept);
    this.answers.push(kept);
  }

  /** What the key is bound to: its hash; under the subject's own key where the hash covers sealed input. */
  bind(subject: string, key: IdempotencyKey): Buffer | undefined {
    const hash = Buffer.from(key.hash, 'hex');
    if (!key.sealed) return hash;
    const secret = this.#in.subjectKeys.get(subject);
    return secret ? createHmac('sha256', secret).update(hash).digest() : undefined;
  }
}
