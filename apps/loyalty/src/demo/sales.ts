import type { PurchaseDocumentInput } from '@loyalty/contracts';
import { HOURS, ITEMS, type Item, type Outlet } from './catalogue.ts';
import type { Random } from './random.ts';
import { DAY_MS, instant, OFFSET_MS } from './local-time.ts';

export const CURRENCY = 'CNY';

type Line = PurchaseDocumentInput['lines'][number];

export interface Sale {
  /** Local midnight of the day, as if the shops stood in UTC. */
  readonly start: number;
  readonly number: number;
  readonly outlet: Outlet;
  readonly member: string | undefined;
  /** Part of the source's name. */
  readonly run: string;
}

/** A purchase as a till or the web shop would send it. */
export function sale(random: Random, { start, number, outlet, member, run }: Sale): PurchaseDocumentInput {
  const local = start + random.weighted(HOURS) * 3_600_000 + random.between(0, 3_599) * 1000;
  const lines = basket(random);
  const goods = lines.reduce((sum, line) => sum + cents(line.unitPrice) * Number(line.quantity), 0);
  if (outlet.channel !== 'store' && random.chance(0.4)) lines.push(plain('parcel', 'delivery', 1200, 'delivery'));
  if (random.chance(0.01)) lines.push(plain('gift-card', 'gift', 20_000, 'giftCard'));
  const off = goods > 20_000 && random.chance(0.15) ? money(2_000) : undefined;
  const day = new Date(start).toISOString().slice(0, 10).replaceAll('-', '');
  return {
    source: `${outlet.source}-${run}`,
    id: `${outlet.store ?? outlet.channel}-${day}-${String(number).padStart(4, '0')}`,
    ...(member !== undefined && { member }),
    at: instant(local),
    currency: CURRENCY,
    ...(outlet.store !== undefined && { store: outlet.store }),
    channel: outlet.channel,
    lines,
    ...(off !== undefined && { discount: off }),
  };
}

/** Some lines of a purchase brought back days later; two of three returns name the purchase. */
export function returnOf(random: Random, bought: PurchaseDocumentInput, days: number): PurchaseDocumentInput {
  const named = bought.member === undefined || random.chance(0.67);
  const goods = bought.lines
    .map((line, index) => ({ line, ordinal: index + 1 }))
    .filter(({ line }) => line.kind !== 'delivery');
  const kept = goods.filter(() => random.chance(0.5));
  const lines = (kept.length > 0 ? kept : goods.slice(0, 1)).map(({ line, ordinal }): Line => {
    const quantity = Number(line.quantity) >= 2 && random.chance(0.5) ? '1' : line.quantity;
    const of = { source: bought.source, id: bought.id, line: ordinal };
    return { ...line, quantity: `-${quantity}`, ...(named && { of }) };
  });
  const { discount: _, ...rest } = bought;
  const local = Date.parse(bought.at) + OFFSET_MS + days * DAY_MS;
  return { ...rest, id: `${bought.id}-R`, at: instant(local), lines };
}

function basket(random: Random): Line[] {
  const lines: Line[] = [];
  const wanted = 1 + Math.min(9, random.count(1.4));
  const seen = new Set<Item>();
  while (lines.length < wanted) {
    const item = random.weighted(ITEMS.map((each) => [each, each.popularity] as const));
    if (seen.has(item)) continue;
    seen.add(item);
    const quantity = item.weighed ? (random.between(180, 2400) / 1000).toFixed(3) : String(random.weighted(QUANTITIES));
    lines.push({ item: item.item, category: item.category, quantity, unitPrice: money(item.price) });
  }
  return lines;
}

const QUANTITIES = [
  [1, 70],
  [2, 20],
  [3, 6],
  [6, 4],
] as const;

function plain(item: string, category: string, price: number, kind: 'delivery' | 'giftCard'): Line {
  return { item, category, quantity: '1', unitPrice: money(price), kind };
}

const money = (hundredths: number): string => (hundredths / 100).toFixed(2);
const cents = (text: string): number => Math.round(Number(text) * 100);
