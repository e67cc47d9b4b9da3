import type { LineMatch } from '@loyalty/contracts';
import fc from 'fast-check';
import type { BoughtItem, KnownDocument, ReturnedItem } from './history.ts';
import { matchItem } from './matching.ts';

const MANY = 20_000;
const LONG_MS = 4_000;

const document = (id: string, time: number): KnownDocument => ({
  source: 's',
  id,
  time,
  currency: 'GBP',
  bought: [],
  returned: [],
  voided: false,
});

interface Sold {
  readonly price?: string;
  readonly quantity?: number;
}
interface Back extends Sold {
  readonly of?: { readonly id: string; readonly line?: number | undefined } | undefined;
}

/** Adds lines to a document, with ordinals that go on. */
function sell(to: KnownDocument, ...lines: Sold[]): BoughtItem[] {
  for (const { price = '1', quantity = 1 } of lines) {
    const line = to.bought.length + to.returned.length + 1;
    to.bought.push({ document: to, line, item: 'a', price, quantity: quantity * 1000 });
  }
  return to.bought;
}
function back(to: KnownDocument, ...lines: Back[]): ReturnedItem[] {
  for (const { price = '1', quantity = 1, of } of lines) {
    const line = to.bought.length + to.returned.length + 1;
    const named = of && { source: 's', id: of.id, line: of.line };
    to.returned.push({ document: to, line, item: 'a', price, quantity: quantity * 1000, of: named, matches: [] });
  }
  return to.returned;
}

/** The rule as it is written down, one return line after the other through all that was bought. */
function literally(documents: readonly KnownDocument[]): [string, LineMatch[]][] {
  const rank = (d: KnownDocument): string => `${d.time} ${d.id}`;
  const byTime = [...documents].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const latestFirst = byTime.flatMap((each) => each.bought).reverse();
  const left = new Map(latestFirst.map((line) => [line, line.quantity]));
  // At one time, those that also bought come before those that only return.
  const returning = (d: KnownDocument): string => `${d.time} ${d.bought.length > 0 ? 0 : 1} ${d.id}`;
  const inOrder = [...documents].sort((a, b) => (returning(a) < returning(b) ? -1 : 1)).flatMap((d) => d.returned);
  return inOrder.flatMap((line): [string, LineMatch[]][] => {
    const { of, price } = line;
    const own = latestFirst.filter(
      (each) => each.document.id === of?.id && (of.line === undefined || each.line === of.line),
    );
    const candidates = of
      ? [...own.filter((each) => each.price === price), ...own.filter((each) => each.price !== price)]
      : latestFirst.filter(
          (each) => each.price === price && each.document !== line.document && each.document.time <= line.document.time,
        );
    let wanted = line.quantity;
    const matches: LineMatch[] = [];
    for (const candidate of candidates) {
      const taken = Math.min(left.get(candidate) ?? 0, wanted);
      if (taken === 0) continue;
      left.set(candidate, (left.get(candidate) ?? 0) - taken);
      wanted -= taken;
      matches.push({
        source: 's',
        id: candidate.document.id,
        line: candidate.line,
        quantity: String(taken / 1000),
      });
    }
    return matches.length > 0 ? [[`${line.document.id}/${line.line}`, matches]] : [];
  });
}

const all = (documents: readonly KnownDocument[]): [string, LineMatch[]][] =>
  [
    ...matchItem(
      documents.flatMap((each) => each.bought),
      documents.flatMap((each) => each.returned),
    ),
  ].map(([line, matches]) => [`${line.document.id}/${line.line}`, matches]);

const sold = fc.record({ price: fc.constantFrom('1', '2'), quantity: fc.constantFrom(0.5, 1, 2, 3) });
const named = fc.option(
  fc.record({ id: fc.constantFrom('0', '1', '2', '3'), line: fc.option(fc.nat(3), { nil: undefined }) }),
  { nil: undefined },
);
const documents = fc
  .array(
    fc.record({
      time: fc.nat(3),
      sold: fc.array(sold, { maxLength: 4 }),
      back: fc.array(
        fc.tuple(sold, named).map(([line, of]) => ({ ...line, of })),
        { maxLength: 4 },
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ time, sold: lines, back: returns }, i) => {
      const made = document(String(i), time);
      sell(made, ...lines);
      back(made, ...returns.map(({ of, ...line }) => ({ ...line, of: of?.id === String(i) ? undefined : of })));
      return made;
    }),
  );

it('is what the rule says, worked through word by word', () => {
  fc.assert(
    fc.property(documents, (list) => {
      expect(all(list)).toEqual(literally(list));
    }),
    { numRuns: 2_000 },
  );
});

describe('20,000 return lines of one item', () => {
  const many = <T>(line: (i: number) => T): T[] => Array.from({ length: MANY }, (_, i) => line(i));
  const [before, after, between] = [() => document('p', 1), () => document('q', 9), () => document('r', 5)];

  it.each<[string, (i: number) => Sold, (i: number) => Back]>([
    ['between two purchases of as many', () => ({}), () => ({})],
    ['that name line by line', () => ({}), (i) => ({ of: { id: 'p', line: i + 1 } })],
    [
      'that name, each of another price',
      (i) => ({ price: `${i}` }),
      (i) => ({ price: `${MANY - 1 - i}`, of: { id: 'p' } }),
    ],
    ['that name, at prices of no line', () => ({}), (i) => ({ price: `1.${i}1`, of: { id: 'p' } })],
  ])('%s are matched in time', (_, line, returned) => {
    const [p, q, r] = [before(), after(), between()];
    const bought = [...sell(p, ...many(line)), ...sell(q, ...many(line))];
    const returns = back(r, ...many(returned));
    const start = performance.now();
    expect(matchItem(bought, returns).size).toBe(MANY);
    expect(performance.now() - start).toBeLessThan(LONG_MS);
  });

  it('beside as many bought with them are matched in time, and never with these', () => {
    const [p, r] = [before(), between()];
    const bought = [...sell(p, ...many(() => ({}))), ...sell(r, ...many(() => ({})))];
    const returns = back(r, ...many(() => ({})));
    const start = performance.now();
    const matches = matchItem(bought, returns);
    expect(performance.now() - start).toBeLessThan(LONG_MS);
    expect([...matches.values()].flat().filter(({ id }) => id === 'p')).toHaveLength(MANY);
  });
});
