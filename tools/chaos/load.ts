import { setTimeout } from 'node:timers/promises';
import { createRandom, type Random } from '@loyalty/app/random';
import { DEFAULT_SHARDS, shardOf } from '@loyalty/kernel';
import type { Acknowledged, Client, Command } from './client.ts';
import type { Passages } from './passages.ts';
import type { Retailer } from './retailer.ts';

/** Senders a shard: two, so that a member's commands also come at the same time. */
const SENDERS = 2;
const MEMBERS_A_SHARD = 5;
const SOURCE = 'chaos';
const CURRENCY = 'CNY';
/** Long enough ago that what was bought then can be spent: the program holds points back for two weeks. */
const AGO_MS = 75 * 86_400_000;
const CONFIRMED = 0.1;
const FOLLOWED = 0.45;
const FOLLOWED_MS = 30_000;
const MOST_LEFT = 50;
/** Of the purchases, besides the first of each sender: the shortest run has some. */
const OVER_KAFKA = 0.25;
/** A sender sends what is no document once in so many commands. */
const SPOILT_EVERY = 40;

interface Bought {
  readonly id: string;
  readonly member: string;
  readonly at: number;
  left: number;
}

export interface LoadOptions {
  readonly seed: number;
  readonly client: Client;
  readonly retailer: Retailer;
  readonly passages: Passages;
  /** Epoch ms; all documents lie some weeks before it. */
  readonly now: number;
  /** Between two commands of a sender, on average. */
  readonly pauseMs: number;
  /** No new commands from then on. */
  readonly done: AbortSignal;
  /** Nor any more waiting for answers. */
  readonly giveUp: AbortSignal;
}

/** Members by the shard that holds them. */
export function membersByShard(): string[][] {
  const byShard: string[][] = Array.from({ length: DEFAULT_SHARDS }, () => []);
  for (let n = 1; byShard.some(({ length }) => length < MEMBERS_A_SHARD); n++) {
    const own = byShard[shardOf(`M-${n}`, DEFAULT_SHARDS)] as string[];
    if (own.length < MEMBERS_A_SHARD) own.push(`M-${n}`);
  }
  return byShard;
}

/**
 * Purchases, returns, redemptions and feedback from several senders, over HTTP and some purchases over Kafka, with what is no document among
 * them; until there are to be no more of them.
 */
export async function load(options: LoadOptions): Promise<void> {
  const senders = membersByShard().flatMap((members, shard) =>
    Array.from({ length: SENDERS }, (_, n) => new Sender(options, shard, shard * SENDERS + n, members)),
  );
  await Promise.all(senders.map((sender) => sender.send()));
}

/** One after the other, as a till does. */
class Sender {
  readonly #options: LoadOptions;
  readonly #random: Random;
  readonly #shard: number;
  readonly #number: number;
  readonly #members: readonly string[];
  readonly #bought: Bought[] = [];
  #order = 0;

  constructor(options: LoadOptions, shard: number, number: number, members: readonly string[]) {
    this.#options = options;
    this.#random = createRandom(options.seed * 1_000 + number);
    this.#shard = shard;
    this.#number = number;
    this.#members = members;
  }

  async send(): Promise<void> {
    const { client, retailer, done, giveUp, pauseMs } = this.#options;
    while (!done.aborted) {
      const command = this.next();
      if (this.#order % SPOILT_EVERY === this.#number) await retailer.spoil(command.id, giveUp);
      const sent = performance.now();
      const acknowledged = await client.acknowledge(command, giveUp);
      if (acknowledged === undefined) return;
      this.learn(acknowledged);
      if (this.#random.chance(CONFIRMED)) await client.confirm(acknowledged, giveUp);
      if (command.kind === 'purchase' && command.via === 'http' && this.#random.chance(FOLLOWED))
        await this.follow(command, sent);
      await setTimeout(pauseMs * 2 * this.#random.next());
    }
  }

  private async follow(command: Command, sent: number): Promise<void> {
    const { client, giveUp, passages } = this.#options;
    // A sender must not stand still for a purchase that is lost: that is found out afterwards.
    const signal = AbortSignal.any([giveUp, AbortSignal.timeout(FOLLOWED_MS)]);
    if (await client.seesPoints(command, signal)) passages.add(this.#shard, sent, performance.now());
  }

  private next(): Command {
    const kind = this.#random.weighted([
      ['purchase', 55],
      ['return', 13],
      ['redemption', 20],
      ['feedback', 12],
    ] as const);
    const id = `${this.#number}-${++this.#order}`;
    const member = this.#random.pick(this.#members);
    switch (kind) {
      case 'purchase':
        return this.purchase(id, member);
      case 'return':
        return this.#bought.length === 0 ? this.purchase(id, member) : this.return(id);
      case 'redemption': {
        // Now and then more than anybody has: refused, and refused for ever.
        const points = this.#random.chance(0.1) ? 1_000_000 : this.#random.between(5, 60);
        return this.command(kind, id, member, 'points-ledger', `/v1/members/${member}/redemptions`, { points });
      }
      case 'feedback': {
        const score = this.#random.between(1, 5);
        const body = { id, member, kind: 'csat', score, comment: `comment ${id}`, at: this.at().text };
        return this.command(kind, id, member, 'feedback', '/v1/feedback', body);
      }
    }
  }

  private purchase(id: string, member: string): Command {
    const { at, text } = this.at();
    const quantity = this.#random.between(1, 4);
    const lines = [{ item: 'tea', category: 'tea', quantity: String(quantity), unitPrice: '19.90' }];
    const purchase = this.document('purchase', id, member, { at: text, lines });
    // When that is recorded nobody knows, so nothing of it is returned.
    if (this.#order === 1 || this.#random.chance(OVER_KAFKA)) return { ...purchase, via: 'kafka' };
    this.#bought.push({ id, member, at, left: quantity });
    if (this.#bought.length > MOST_LEFT) this.#bought.shift();
    return purchase;
  }

  /** One piece of something bought before; now and then more than there were, which is refused. */
  private return(id: string): Command {
    const bought = this.#random.pick(this.#bought);
    const tooMany = bought.left === 0 || this.#random.chance(0.1);
    const of = { source: SOURCE, id: bought.id, line: 1 };
    const lines = [{ item: 'tea', category: 'tea', quantity: tooMany ? '-5' : '-1', unitPrice: '19.90', of }];
    const at = new Date(bought.at + this.#random.between(1, 600) * 60_000).toISOString();
    return this.document('return', id, bought.member, { at, lines });
  }

  private learn({ command, granted }: Acknowledged): void {
    if (command.kind !== 'return' || !granted) return;
    const { lines } = JSON.parse(command.body) as { lines: { of: { id: string } }[] };
    const bought = this.#bought.find(({ id }) => id === lines[0]?.of.id);
    if (bought !== undefined) bought.left--;
  }

  private document(kind: 'purchase' | 'return', id: string, member: string, rest: object): Command {
    const document = { source: SOURCE, id, member, currency: CURRENCY, ...rest };
    return this.command(kind, id, member, 'purchase-ingest', '/v1/purchases', document);
  }

  private command(
    kind: Command['kind'],
    id: string,
    member: string,
    service: Command['service'],
    path: string,
    body: object,
  ): Command {
    const own = { sender: this.#number, order: this.#order, via: 'http' as const };
    return { kind, id, member, ...own, service, path, body: JSON.stringify(body) };
  }

  /** One a second since long ago, some of them hours late. */
  private at(): { at: number; text: string } {
    const late = this.#random.chance(0.1) ? this.#random.between(1, 300) * 60_000 : 0;
    const at = this.#options.now - AGO_MS + this.#order * 1_000 - late;
    return { at, text: new Date(at).toISOString() };
  }
}
