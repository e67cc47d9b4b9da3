import { decide } from './decide.ts';
import { documentKey, type Document } from './document.ts';
import { evolve } from './evolve.ts';
import type { PurchasesInput } from './input.ts';
import { parseDocument } from './parse-document.ts';
import { routeDocument } from './route.ts';
import { fullState } from './state.ts';

/** As many lines as a document may have, all of one item: what looks through the others for each of them takes half a minute. */
const MOST_LINES = 20_000;
const LONG_MS = 4_000;
const NOW = Date.UTC(2026, 5, 30);

function document(id: string, day: number, line: (i: number) => object): Document {
  const lines = Array.from({ length: MOST_LINES }, (_, i) => ({
    item: 'a',
    quantity: '1',
    unitPrice: '1',
    ...line(i),
  }));
  const parsed = parseDocument({
    source: 's',
    id,
    member: 'm',
    at: `2026-06-0${day}T00:00:00Z`,
    currency: 'GBP',
    lines,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

const purchase = document('p', 1, () => ({}));

it.each<[string, PurchasesInput[]]>([
  [
    'returned line by line, naming each',
    [
      routeDocument(
        document('r', 2, (i) => ({ quantity: '-1', of: { id: 'p', line: i + 1 } })),
        new Map(),
      ),
    ],
  ],
  [
    'returned, naming as many purchases of others',
    [
      routeDocument(
        document('r', 2, (i) => ({ quantity: '-1', of: { id: `${i}` } })),
        new Map(purchase.lines.map((_, i) => [documentKey('s', `${i}`), 'doc:x'])),
      ),
    ],
  ],
  ['voided', [{ kind: 'void', source: 's', id: 'p', reason: undefined }]],
])('a purchase of 20,000 equal lines can be %s in time', (_, inputs) => {
  const start = performance.now();
  const kinds = [routeDocument(purchase, new Map()), ...inputs].reduce(
    ({ state, told }, input) => {
      const decision = decide(input, state, NOW);
      const events = decision.kind === 'accepted' ? decision.events : [];
      for (const { type, time, data } of events) evolve(state, { type, time, data: JSON.stringify(data) });
      return { state, told: [...told, decision.kind] };
    },
    { state: fullState(), told: [] as string[] },
  ).told;
  expect(kinds).toEqual(['accepted', 'accepted']);
  expect(performance.now() - start).toBeLessThan(LONG_MS);
});
