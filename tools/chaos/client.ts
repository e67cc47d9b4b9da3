import { setTimeout } from 'node:timers/promises';
import type { SpokenTo, World } from './world.ts';

const ANSWER_MS = 8_000;
const AGAIN_MS = 150;

/** A command as it is sent: the same, to the byte, however often. */
export interface Command {
  readonly kind: 'purchase' | 'return' | 'redemption' | 'feedback';
  /** Unique among all commands of its kind: the document's id, the idempotency key, the answer's id. */
  readonly id: string;
  readonly member: string;
  /** Its sender sends one after the other: the n-th of this sender. */
  readonly sender: number;
  readonly order: number;
  /** `kafka`: the body goes to the retailer's topic. The service and its path would take it, too. */
  readonly via: 'http' | 'kafka';
  readonly service: SpokenTo;
  readonly path: string;
  readonly body: string;
}

/** What a client was told, and may rely on for ever. */
export interface Acknowledged {
  readonly command: Command;
  readonly granted: boolean;
  /** In full, as text; of what went over Kafka, that the broker has it. */
  readonly answer: string;
}

/** Speaks to the services as a till does: the same request again until there is an answer that it can rely on. */
export class Client {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers that nobody should get, in words. */
  readonly odd: string[] = [];
  /** Everything that was sent, answered or not, by kind and id. */
  readonly sent = new Map<string, Command>();
  /** Requests, those that nobody answered included. */
  requests = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Undefined when `signal` aborts before there is an answer: nobody knows what became of it. */
  async acknowledge(command: Command, signal: AbortSignal): Promise<Acknowledged | undefined> {
    this.sent.set(`${command.kind} ${command.id}`, command);
    const answer = await (command.via === 'kafka' ? this.produce(command, signal) : this.answerTo(command, signal));
    if (answer === undefined) return undefined;
    const acknowledged = { command, ...answer };
    this.acknowledged.push(acknowledged);
    return acknowledged;
  }

  /** The same command once more; its answer must be the one it had. A broker answers nothing: there it is only sent again. */
  async confirm({ command, granted, answer }: Acknowledged, signal: AbortSignal): Promise<void> {
    if (command.via === 'kafka') return void (await this.produce(command, signal));
    const again = await this.answerTo(command, signal);
    if (again === undefined || (again.granted === granted && again.answer === answer)) return;
    this.odd.push(`${command.kind} ${command.id}: answered ${answer} at first, and ${again.answer} when sent again`);
  }

  /** Until the entries of a purchase are there. @returns whether they were, before `signal` */
  async seesPoints({ member, body }: Command, signal: AbortSignal): Promise<boolean> {
    const { source, id } = JSON.parse(body) as { source: string; id: string };
    const cause = encodeURIComponent(`${source}/${id}`);
    while (!signal.aborted) {
      const answer = await this.ask('points-ledger', `/v1/members/${member}/entries?cause=${cause}&wait=3`, {}, signal);
      if (answer?.status === 200) return true;
      if (answer?.status !== 202) await pause(signal);
    }
    return false;
  }

  private async produce(
    { body }: Command,
    signal: AbortSignal,
  ): Promise<{ granted: boolean; answer: string } | undefined> {
    const acknowledged = await this.#world.retailer.send(body, signal);
    return acknowledged ? { granted: true, answer: 'by the broker' } : undefined;
  }

  private async answerTo(
    command: Command,
    signal: AbortSignal,
  ): Promise<{ granted: boolean; answer: string } | undefined> {
    const { kind, id, service, path, body } = command;
    const headers = kind === 'redemption' ? { 'idempotency-key': id } : {};
    while (!signal.aborted) {
      const answer = await this.ask(service, path, { method: 'POST', headers, body }, signal);
      if (answer !== undefined) {
        const { status, text } = answer;
        if (status === 200 || status === 201) return { granted: true, answer: text };
        if (status === 422) return { granted: false, answer: withoutRequest(text) };
        if (status < 500 && status !== 429) {
          this.odd.push(`${kind} ${id}: ${status} ${text}`);
          return { granted: false, answer: text };
        }
      }
      await pause(signal);
    }
    return undefined;
  }

  private async ask(
    service: SpokenTo,
    path: string,
    init: RequestInit,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string } | undefined> {
    this.requests++;
    try {
      const answer = await fetch(`http://127.0.0.1:${this.#world.links.http.get(service)?.port}${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${this.#world.key}`, 'content-type': 'application/json' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      return { status: answer.status, text: await answer.text() };
    } catch {
      // No answer: the same again.
      return undefined;
    }
  }
}

/** Every answer that refuses names its own request. */
function withoutRequest(text: string): string {
  const { request: _, ...problem } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(problem);
}

async function pause(signal: AbortSignal): Promise<void> {
  await setTimeout(AGAIN_MS, undefined, { signal }).catch(() => undefined);
}
