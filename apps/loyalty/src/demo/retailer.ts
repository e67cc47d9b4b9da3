import type { PurchaseDocumentInput } from '@loyalty/contracts';
import { answerTo, type DemoAnswer } from './answers.ts';
import { OUTLETS, SEASON, WEEK } from './catalogue.ts';
import { DAY_MS } from './local-time.ts';
import { createRandom, type Random } from './random.ts';
import { returnOf, sale } from './sales.ts';

export interface RetailerOptions {
  readonly seed: number;
  readonly members: number;
  readonly months: number;
  /** The first day (UTC midnight, epoch ms) of which nothing is known yet. */
  readonly until: number;
}

/** What reaches the doors, in the order of its arrival, which is not always the order in which it happened. */
export type Happening =
  | { readonly kind: 'document'; readonly document: PurchaseDocumentInput }
  | { readonly kind: 'void'; readonly source: string; readonly id: string; readonly reason: string }
  | { readonly kind: 'answer'; readonly answer: DemoAnswer };

const DAYS_A_MONTH = 30.44;
/** Purchases of a member in a month, on average. Zipf spreads them: few buy a lot. */
const A_MONTH = 1.1;
const ANONYMOUS = 0.14;

/** A few years of a retailer's life, day by day. Memory: one day, and what is still to come of the days before. */
export function* retailer({ seed, members, months, until }: RetailerOptions): Generator<readonly Happening[]> {
  const random = createRandom(seed);
  const run = runCode({ seed, members, months, until });
  const days = Math.round(months * DAYS_A_MONTH);
  const customers = new Customers(random, members);
  const later = new Map<number, Happening[]>();
  const at = (day: number, happening: Happening): void => {
    if (day < days) later.set(day, [...(later.get(day) ?? []), happening]);
  };
  const perDay = (members * A_MONTH) / (1 - ANONYMOUS) / DAYS_A_MONTH;
  for (let day = 0; day < days; day++) {
    const start = until - (days - day) * DAY_MS;
    const date = new Date(start);
    const busy = (SEASON[date.getUTCMonth()] as number) * (WEEK[date.getUTCDay()] as number);
    const offline = new Set(OUTLETS.filter((outlet) => random.chance(outlet.offline)));
    const today: Happening[] = [];
    const count = random.count(perDay * busy);
    for (let number = 1; number <= count; number++) {
      const outlet = random.weighted(OUTLETS.map((each) => [each, each.share] as const));
      const member = random.chance(ANONYMOUS) ? undefined : customers.next(day / days);
      const document = sale(random, { start, number, outlet, member, run });
      const arrives = offline.has(outlet) ? day + random.between(1, 3) : day;
      if (arrives === day) today.push({ kind: 'document', document });
      else at(arrives, { kind: 'document', document });
      for (const [days, happening] of aftermath(random, document)) at(arrives + days, happening);
    }
    today.push(...(later.get(day) ?? []));
    later.delete(day);
    yield inOrder(today);
  }
}

/** What arrives on a day arrives as it happened; what a till held back comes with its first connection. */
function inOrder(today: readonly Happening[]): readonly Happening[] {
  const at = (each: Happening): number =>
    each.kind === 'document' ? Date.parse(each.document.at) : Number.MAX_SAFE_INTEGER;
  return [...today].sort((a, b) => at(a) - at(b));
}

/** Another retailer must not reuse the ids of this one: the same id with another body would be refused. */
function runCode({ seed, members, months, until }: RetailerOptions): string {
  const text = [seed, members, months, until].join('/');
  let mixed = 0;
  for (const character of text) mixed = (Math.imul(mixed, 31) + character.charCodeAt(0)) >>> 0;
  return createRandom(mixed).code(3);
}

/** What a purchase may lead to, and how many days later. */
function* aftermath(random: Random, document: PurchaseDocumentInput): Generator<readonly [number, Happening]> {
  const { source, id, member } = document;
  if (random.chance(0.003)) {
    yield [random.between(0, 2), { kind: 'void', source, id, reason: 'till error' }];
    return;
  }
  let returned = false;
  if (random.chance(0.06)) {
    const days = random.between(1, 25);
    returned = true;
    yield [days, { kind: 'document', document: returnOf(random, document, days) }];
  }
  if (member !== undefined && random.chance(returned ? 0.2 : 0.05)) {
    const days = random.between(1, 6);
    yield [days, { kind: 'answer', answer: answerTo(random, document, days, returned) }];
  }
}

/** Members join over time and buy by a Zipf law: the one of rank r buys 1/r^0.8 as often as the first. */
class Customers {
  private readonly cumulative: number[] = [];
  private readonly ids: string[] = [];
  private readonly joins: number[] = [];

  constructor(
    private readonly random: Random,
    members: number,
  ) {
    let sum = 0;
    const known = new Set<string>();
    for (let rank = 1; rank <= members; rank++) {
      this.cumulative.push((sum += rank ** -0.8));
      let id = `M-${random.code(7)}`;
      while (known.has(id)) id = `M-${random.code(7)}`;
      known.add(id);
      this.ids.push(id);
      // A third was there from the beginning.
      this.joins.push(random.chance(1 / 3) ? 0 : random.next());
    }
  }

  /** @param elapsed how much of the story is over, in [0, 1): who has not joined yet does not buy. */
  next(elapsed: number): string {
    const total = this.cumulative.at(-1) as number;
    for (;;) {
      const drawn = this.random.next() * total;
      let low = 0;
      let high = this.cumulative.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((this.cumulative[middle] as number) > drawn) high = middle;
        else low = middle + 1;
      }
      if ((this.joins[low] as number) <= elapsed) return this.ids[low] as string;
      // At the very beginning few have joined; whoever is drawn a second time in vain joins now.
      if (this.random.chance(0.3)) {
        this.joins[low] = elapsed;
        return this.ids[low] as string;
      }
    }
  }
}
