import { seededRandom, zipf } from './zipf.ts';

/** How many members share the load, and how unevenly: tens of thousands, Zipf, so that caches are honest. */
export const MEMBERS = 40_000;
const EXPONENT = 1;
const START = Date.UTC(2026, 0, 1);
const CATEGORIES = ['coffee', 'tea', 'bakery', 'household', 'fruit'];

export interface LoadOptions {
  readonly seed: number;
  readonly members?: number;
  /** Prefix of document ids, so that several loads do not meet. @default 'b' */
  readonly prefix?: string;
  /** When the first happens: what begins before another load ended is late. @default 2026-01-01 */
  readonly startMs?: number;
  /** Effective time between two purchases. @default 5 s */
  readonly stepMs?: number;
}

/** Purchase documents of three lines each, in time order, from a seed: the load of every bench that needs purchases. */
export function* purchaseDocuments(count: number, options: LoadOptions): Generator<string> {
  const random = seededRandom(options.seed);
  const rank = zipf(options.members ?? MEMBERS, EXPONENT, random);
  const prefix = options.prefix ?? 'b';
  const start = options.startMs ?? START;
  const step = options.stepMs ?? 5_000;
  for (let i = 0; i < count; i++) {
    const lines = [0, 1, 2].map(() => {
      const item = Math.floor(random() * 2000);
      return {
        item: `sku-${item}`,
        category: CATEGORIES[item % CATEGORIES.length],
        quantity: String(1 + Math.floor(random() * 3)),
        unitPrice: `${1 + Math.floor(random() * 60)}.${String(Math.floor(random() * 100)).padStart(2, '0')}`,
      };
    });
    yield JSON.stringify({
      source: 'bench-till',
      id: `${prefix}-${String(i).padStart(8, '0')}`,
      member: `m-${String(rank()).padStart(6, '0')}`,
      at: new Date(start + i * step).toISOString(),
      currency: 'CNY',
      store: `s-${i % 40}`,
      channel: i % 5 === 0 ? 'web' : 'store',
      lines,
    });
  }
}
