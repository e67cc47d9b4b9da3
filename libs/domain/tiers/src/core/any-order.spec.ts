import type { LineMatch } from '@loyalty/contracts';
import fc from 'fast-check';
import { bought, programsOf, shanghai, standard, Story } from '../tiers.fixture.ts';
import type { Basis } from './basis.ts';
import type { TiersInput } from './commands.ts';
import { formatMicros, parseMicros } from './micros.ts';

/** A document as a member's life has it, and when news of it arrives. */
interface Document {
  readonly id: string;
  readonly part: 'purchase' | 'return' | 'opening';
  /** The program it names. */
  readonly named: string | undefined;
  readonly at: number;
  readonly amounts: readonly number[];
  /** Of a return: what it brings back, by index of a purchase and line. */
  readonly of: readonly { readonly purchase: number; readonly line: number; readonly quantity: number }[];
  readonly voided: boolean;
}

const QUANTITY = 3;
const start = shanghai('2025-11-01');
const HOUR = 3_600_000;

const first = standard([/pending: P14D/, 'pending: P1D']);
const later = standard(
  [/effectiveFrom: .*/, 'effectiveFrom: 2026-03-01T00:00:00+08:00'],
  ['from: 2000', 'from: 1500'],
  ['from: 10000', 'from: 12000'],
  [/rolling: P12M/, 'rolling: P6M'],
  ['silver: 0.25', 'silver: 0.5'],
);
const rival = standard(
  [/program: standard/, 'program: rival'],
  [/effectiveFrom: .*/, 'effectiveFrom: 2026-05-01T00:00:00+08:00\nsources: [till]'],
);
const versions = [first, later, rival];

/** Hours since the start; often enough the same, or the very instant at which a version begins. */
const hour = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 13 * 30 * 24 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 24, (shanghai('2026-03-01') - start) / HOUR, (shanghai('2026-05-01') - start) / HOUR),
  },
);
const named = fc.constantFrom(undefined, undefined, undefined, 'standard', 'rival', 'unknown');

const purchase = fc.record({
  part: fc.constant('purchase' as const),
  at: hour,
  named,
  amounts: fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 3 }),
  of: fc.constant([]),
  voided: fc.boolean().map((chance) => chance),
});
const back = fc.record({
  part: fc.constant('return' as const),
  at: hour,
  named,
  amounts: fc.constant([]),
  of: fc.array(
    fc.record({ purchase: fc.nat(20), line: fc.integer({ min: 1, max: 3 }), quantity: fc.integer({ min: 1, max: 3 }) }),
    { minLength: 1, maxLength: 2 },
  ),
  voided: fc.boolean(),
});
const opening = fc.record({
  part: fc.constant('opening' as const),
  at: hour,
  named: fc.constant(undefined),
  amounts: fc.constant([]),
  of: fc.constant([]),
  voided: fc.constant(false),
});
const life = fc
  .array(
    fc.oneof({ weight: 6, arbitrary: purchase }, { weight: 2, arbitrary: back }, { weight: 1, arbitrary: opening }),
    { minLength: 1, maxLength: 14 },
  )
  .map((parts) =>
    parts.map((part, i): Document => ({
      ...part,
      at: start + part.at * HOUR,
      id: `d${i}`,
      voided: part.voided && i % 3 === 0,
    })),
  );

/** What happens in which order: documents come, are voided, versions are published, the process restarts. */
type News =
  | { readonly kind: 'comes' | 'voided'; readonly document: Document }
  | { readonly kind: 'published'; readonly count: number }
  | { readonly kind: 'restart' | 'kept' };

/** What each return undoes, as the purchases service works it out from the documents known: in fact order, what is left. */
function matching(known: readonly Document[]): Map<string, LineMatch[]> {
  const left = new Map<string, number>();
  const purchases = known.filter((document) => document.part === 'purchase');
  for (const { id, amounts } of purchases) for (const line of amounts.keys()) left.set(`${id}/${line + 1}`, QUANTITY);
  const returns = known
    .filter((document) => document.part === 'return')
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return new Map(
    returns.map(({ id, of }) => [
      id,
      of.flatMap(({ purchase: index, line, quantity }) => {
        const key = `d${index}/${line}`;
        const taken = Math.min(left.get(key) ?? 0, quantity);
        left.set(key, (left.get(key) ?? 0) - taken);
        return taken > 0 ? [{ source: 'till', id: `d${index}`, line, quantity: String(taken) }] : [];
      }),
    ]),
  );
}

class Retailer {
  readonly story = new Story(programsOf(first));
  private known: Document[] = [];
  private told = new Map<string, string>();

  hear(news: News): void {
    switch (news.kind) {
      case 'restart':
      case 'kept':
        return void (news.kind === 'kept' ? this.story.keepAside() : this.story.reload());
      case 'published':
        return void this.story.publish(programsOf(...versions.slice(0, news.count)));
      case 'comes':
        this.known.push(news.document);
        return this.tell(inputOf(news.document, matching(this.known).get(news.document.id) ?? []));
      case 'voided':
        this.known = this.known.filter((document) => document !== news.document);
        return this.tell({ kind: 'void', source: 'till', id: news.document.id });
    }
  }

  private tell(input: TiersInput): void {
    this.story.tell(input);
    const matches = matching(this.known);
    if (input.kind === 'return') this.told.set(input.id, JSON.stringify(input.matches));
    for (const [id, now] of matches) {
      if (this.told.get(id) === JSON.stringify(now)) continue;
      this.told.set(id, JSON.stringify(now));
      this.story.tell({ kind: 'amended', source: 'till', id, matches: now });
    }
  }
}

function inputOf({ id, part, at, named, amounts }: Document, matches: LineMatch[]): TiersInput {
  if (part === 'return') return { kind: 'return', source: 'till', id, at, named, mixed: false, matches };
  if (part === 'opening') {
    return {
      kind: 'openTier',
      program: 'standard',
      tier: 'gold',
      since: at,
      keepUntil: at + 60 * 24 * HOUR,
      reference: id,
    };
  }
  const lines = amounts.map((cents, i) => ({
    line: i + 1,
    quantity: String(QUANTITY),
    amount: formatMicros(BigInt(cents) * 10_000n),
  }));
  const basis: Basis = { currency: 'CNY', named, lines };
  return bought(id, at, basis);
}

/** What stands in the end: ratings that count, what returns take back, the course of tiers. */
function outcome({ story }: Retailer) {
  const { purchases, returns } = story.ratings();
  return {
    purchases: Object.fromEntries(
      Object.entries(purchases).filter(([, { reason }]) => reason !== 'voided' && reason !== 'other_program'),
    ),
    returns: Object.fromEntries(Object.entries(returns).filter(([, { reversals }]) => reversals.length > 0)),
    courses: ['standard', 'rival', 'unknown'].map((program) => story.course(program)),
  };
}

function inOrder(documents: readonly Document[]): Retailer {
  const retailer = new Retailer();
  retailer.hear({ kind: 'published', count: versions.length });
  const rank = ({ part }: Document): number => ['opening', 'purchase', 'return'].indexOf(part);
  const ordered = documents.filter((document) => !document.voided).toSorted((a, b) => a.at - b.at || rank(a) - rank(b));
  for (const document of ordered) retailer.hear({ kind: 'comes', document });
  return retailer;
}

/** The news of a life, shuffled: a void after its document, versions one after the other. */
function shuffled(documents: readonly Document[], order: readonly number[]): News[] {
  const news: News[] = documents.flatMap((document): News[] => [
    { kind: 'comes', document },
    ...(document.voided ? [{ kind: 'voided' as const, document }] : []),
  ]);
  news.push({ kind: 'published', count: 2 }, { kind: 'published', count: 3 });
  for (const kind of ['restart', 'restart', 'kept', 'kept', 'kept'] as const) news.push({ kind });
  const keyed = news.map((item, i) => ({ item, key: order[i % order.length] as number }));
  keyed.sort((a, b) => a.key - b.key);
  const seen = new Set<Document>();
  const late: News[] = [];
  let published = 1;
  const result: News[] = [];
  for (const { item } of keyed) {
    if (item.kind === 'voided' && !seen.has(item.document)) late.push(item);
    else if (item.kind === 'published') result.push({ kind: 'published', count: ++published });
    else result.push(item);
    if (item.kind === 'comes') seen.add(item.document);
  }
  return [...result, ...late];
}

const order = fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 });

describe('a life in any order of arrival', () => {
  it('ends with the same ratings, reversals and tiers', () => {
    fc.assert(
      fc.property(life, order, (documents, keys) => {
        const retailer = new Retailer();
        for (const news of shuffled(documents, keys)) retailer.hear(news);
        expect(outcome(retailer)).toEqual(outcome(inOrder(documents)));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a log from which the same is folded: nothing is left to correct', () => {
    fc.assert(
      fc.property(life, order, (documents, keys) => {
        const retailer = new Retailer();
        for (const news of shuffled(documents, keys)) retailer.hear(news);
        retailer.story.reload();
        expect(retailer.story.tell({ kind: 'rerate' })).toEqual([]);
        expect(retailer.story.recomputed()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('gives cells that sum to the points, and takes back never more than the line earned', () => {
    fc.assert(
      fc.property(life, order, (documents, keys) => {
        const retailer = new Retailer();
        for (const news of shuffled(documents, keys)) retailer.hear(news);
        const { purchases, returns } = outcome(retailer);
        for (const rating of Object.values(purchases)) {
          expect(rating.cells.reduce((sum, { points }) => sum + points, 0)).toBe(rating.points);
          expect(rating.lines.reduce((sum, { eligible }) => sum + parseMicros(eligible), 0n)).toBe(
            parseMicros(rating.eligible),
          );
        }
        const back = new Map<string, number>();
        for (const { program, reversals } of Object.values(returns)) {
          for (const {
            purchase: { source, id },
            points,
          } of reversals) {
            back.set(`${program}:${source}/${id}`, (back.get(`${program}:${source}/${id}`) ?? 0) + points);
          }
        }
        for (const [key, points] of back) expect(points).toBeLessThanOrEqual(purchases[key]!.points);
      }),
      { numRuns: 150 },
    );
  });
});

it('takes back in parts what it takes back as a whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500_000 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
      (cents, parts) => {
        const total = parts.reduce((sum, part) => sum + part, 0);
        const story = new Story(programsOf(first));
        const line = { line: 1, quantity: String(total), amount: formatMicros(BigInt(cents) * 10_000n) };
        story.tell(bought('p', start, { currency: 'CNY', lines: [line] }));
        parts.forEach((part, i) =>
          story.tell({
            kind: 'return',
            source: 'till',
            id: `r${i}`,
            at: start + HOUR * (i + 1),
            named: undefined,
            mixed: false,
            matches: [{ source: 'till', id: 'p', line: 1, quantity: String(part) }],
          }),
        );
        const { purchases, returns } = story.ratings();
        const taken = Object.values(returns).flatMap(({ reversals }) => reversals);
        expect(taken.reduce((sum, { points }) => sum + points, 0)).toBe(purchases['standard:till/p']?.points);
        expect(taken.reduce((sum, { eligible }) => sum + parseMicros(eligible), 0n)).toBe(BigInt(cents) * 10_000n);
      },
    ),
  );
});
