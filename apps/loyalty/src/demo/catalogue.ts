/** What the demonstration's retailer sells, where, and when people come. All invented. */
export interface Item {
  readonly item: string;
  readonly category: string;
  /** In hundredths of the currency. */
  readonly price: number;
  /** Sold by weight: quantities have three places. */
  readonly weighed?: boolean;
  readonly popularity: number;
}

const item = (item: string, category: string, price: number, popularity: number, weighed = false): Item => ({
  item,
  category,
  price,
  popularity,
  ...(weighed && { weighed }),
});

export const ITEMS: readonly Item[] = [
  item('espresso-beans-250', 'coffee', 6800, 9),
  item('house-blend-500', 'coffee', 9900, 7),
  item('cold-brew-can', 'coffee', 1990, 12),
  item('drip-bags-10', 'coffee', 4500, 6),
  item('longjing-spring', 'tea', 16800, 4),
  item('jasmine-loose', 'tea', 5200, 6),
  item('puer-cake', 'tea', 23800, 2),
  item('oolong-tin', 'tea', 8800, 4),
  item('croissant', 'bakery', 1200, 14),
  item('walnut-bread', 'bakery', 2600, 8),
  item('egg-tart', 'bakery', 900, 13),
  item('mooncake-box', 'bakery', 19800, 1),
  item('mandarins', 'fresh', 1380, 9, true),
  item('cherries', 'fresh', 6980, 3, true),
  item('salmon-fillet', 'fresh', 13800, 3, true),
  item('mixed-nuts', 'snacks', 3990, 7),
  item('dark-chocolate', 'snacks', 2890, 8),
  item('seaweed-crisps', 'snacks', 1590, 9),
  item('porcelain-cup', 'kitchen', 7900, 3),
  item('moka-pot', 'kitchen', 25900, 1),
  item('hand-grinder', 'kitchen', 39900, 1),
  item('kettle-gooseneck', 'kitchen', 45900, 1),
  item('linen-apron', 'home', 12900, 1),
  item('candle-osmanthus', 'home', 8800, 3),
  item('hand-soap', 'home', 3600, 4),
];

export interface Outlet {
  readonly source: string;
  readonly store?: string;
  readonly channel: 'store' | 'web' | 'app';
  readonly share: number;
  /** Chance of a day on which its tills work offline and send their sales later. */
  readonly offline: number;
}

export const OUTLETS: readonly Outlet[] = [
  { source: 'pos', store: 'harbour-hall', channel: 'store', share: 24, offline: 0.01 },
  { source: 'pos', store: 'old-town', channel: 'store', share: 17, offline: 0.02 },
  { source: 'pos', store: 'university', channel: 'store', share: 13, offline: 0.01 },
  { source: 'pos', store: 'airport', channel: 'store', share: 8, offline: 0.08 },
  { source: 'pos', store: 'ferry-pier', channel: 'store', share: 6, offline: 0.12 },
  { source: 'shop', channel: 'web', share: 18, offline: 0 },
  { source: 'shop', channel: 'app', share: 14, offline: 0 },
];

/** By month, January first: new year's shopping, 18 June, 11 November, the end of the year. */
export const SEASON = [1.35, 1.1, 0.85, 0.9, 0.95, 1.2, 0.9, 0.9, 1.05, 1.0, 1.6, 1.3] as const;
/** By weekday, Sunday first. */
export const WEEK = [1.45, 0.8, 0.8, 0.85, 0.95, 1.15, 1.6] as const;
/** Local hours in which people buy, with their weights. */
export const HOURS: readonly (readonly [hour: number, weight: number])[] = [
  [8, 4],
  [9, 5],
  [10, 6],
  [11, 8],
  [12, 11],
  [13, 8],
  [14, 6],
  [15, 7],
  [16, 7],
  [17, 9],
  [18, 12],
  [19, 10],
  [20, 7],
  [21, 4],
];
