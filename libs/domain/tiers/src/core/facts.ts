import type { LineMatch, PurchaseRating, ReturnRating } from '@loyalty/contracts';
import { compareCodePoints, factOrder, type EpochMs } from '@loyalty/kernel';
import type { Basis } from './basis.ts';
import type { Micros } from './micros.ts';
import type { Rated } from './rating.ts';
import type { Opening } from './hold.ts';

/** A fact of a member as the tiers' own log knows it, with what last was said about it. */
export type Fact = PurchaseFact | ReturnFact | OpeningFact;

interface Placed {
  readonly time: EpochMs;
  readonly source: string;
  readonly id: string;
}

/** A rating follows from the document and these. */
export type Verdict = Pick<PurchaseRating, 'program' | 'version' | 'tier'>;

export interface PurchaseFact extends Placed {
  readonly part: 'purchase';
  /** The program the document names. */
  readonly named: string | undefined;
  readonly basis: Basis;
  /** The rating that stands in the log; null while it is being decided. */
  readonly standing: PurchaseRating | null;
  /** Of that rating, what decides whether it stays; null while it is being decided. */
  readonly verdict: Verdict | null;
  /** What of it was eligible under that rating's version; absent where it must be worked out. */
  readonly total?: Micros;
  /** Remembered results: both follow from the basis and what is named with them. */
  eligible?: { readonly version: string; readonly amounts: readonly Micros[]; readonly total: Micros };
  rated?: { readonly version: string; readonly tier: number; readonly result: Rated };
}

export interface ReturnFact extends Placed {
  readonly part: 'return';
  /** Its document sold something as well: the return part then counts directly before that. */
  readonly mixed: boolean;
  readonly named: string | undefined;
  readonly matches: readonly LineMatch[];
  /** By program; empty while it is being decided. */
  readonly standing: ReadonlyMap<string, ReturnRating>;
}

/** A tier brought along. `source` is the program, `id` the reference. */
export interface OpeningFact extends Placed, Opening {
  readonly part: 'opening';
  /** False while it is being decided. */
  readonly recorded: boolean;
}

/** Names a document within a member; no text in PostgreSQL holds U+0000. */
export const documentKey = (source: string, id: string): string => `${source}\u0000${id}`;

/** The order in which facts count. Openings come before everything else of their instant. */
export function compareFacts(a: Fact, b: Fact): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.part !== 'opening' && b.part !== 'opening') return factOrder(a, b);
  return (
    Number(b.part === 'opening') - Number(a.part === 'opening') ||
    compareCodePoints(a.source, b.source) ||
    compareCodePoints(a.id, b.id)
  );
}

export function inFactOrder(facts: Iterable<Fact>): Fact[] {
  return [...facts].sort(compareFacts);
}
