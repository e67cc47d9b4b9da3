import type { EpochMs } from './time.ts';

/** What places a fact of a member among the member's other facts. */
export interface FactPlace {
  /** The document's own time. */
  readonly time: EpochMs;
  readonly part: 'purchase' | 'return';
  /** Of a return: its document bought something as well. @default false */
  readonly mixed?: boolean;
  readonly source: string;
  readonly id: string;
}

/**
 * The order of a member's facts: own time, purchases before returns, source, id (by code point).
 * A document with both parts stands where its purchase stands, its return part directly before it.
 */
export function factOrder(a: FactPlace, b: FactPlace): number {
  return (
    a.time - b.time ||
    documentRank(a) - documentRank(b) ||
    compareCodePoints(a.source, b.source) ||
    compareCodePoints(a.id, b.id) ||
    partRank(a) - partRank(b)
  );
}

const documentRank = (fact: FactPlace): number => (fact.part === 'return' && fact.mixed !== true ? 1 : 0);
const partRank = (fact: FactPlace): number => (fact.part === 'return' ? 0 : 1);

/**
 * By Unicode code point, as PostgreSQL's `COLLATE "C"` orders UTF-8. JavaScript's `<` goes by UTF-16 code unit,
 * which puts U+10000 and above before U+E000.
 */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates (U+D800 to U+DFFF) stand for code points above every other code unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
