import type { DocumentRef, RatingCorrected } from '@loyalty/contracts';
import type { Entry } from '../entry.ts';
import type { CausingRating } from './ratings-lookup.ts';

/** What made an entry. */
export interface EntryCause {
  /**
   * `purchase`, `return`: a document. `correction`: it was rated anew. `command`: somebody asked for it. `time`: it became true by the
   * clock. `debt`: points repay what is owed. `transfer`: another entry sent the points.
   */
  readonly kind: 'purchase' | 'return' | 'correction' | 'command' | 'time' | 'debt' | 'transfer';
  readonly document?: DocumentRef;
  /** Why a rating was corrected, and the document that did it. */
  readonly correction?: RatingCorrected['cause'];
  /** Which command, and the key or reference that names it for ever; a capture's and a void's key is not kept with the entry. */
  readonly command?: { readonly kind: string; readonly key?: string };
  /** The event of another service behind it, by id. */
  readonly event?: string;
}

type Facts = Omit<EntryCause, 'event'>;

const ADJUSTMENT = '/adjustment/';

/** By the entry's type; a type that nobody knows here was made by some command. */
const CAUSES: Readonly<Record<string, (entry: Entry) => Facts>> = {
  earned: ({ cause }) => ({ kind: 'purchase', ...(cause && { document: cause }) }),
  // Of no points: it takes later what it could not at first.
  reversed: ({ cause, points }) => ({ kind: points === 0 ? 'time' : 'return', ...(cause && { document: cause }) }),
  corrected: ({ cause }) => ({ kind: 'correction', ...(cause && { document: cause }) }),
  expired: () => ({ kind: 'time' }),
  released: () => ({ kind: 'time' }),
  repaid: () => ({ kind: 'debt' }),
  received: ({ from, transfer }) =>
    from?.member === undefined ? command('undo', transfer) : { ...command('transfer', transfer), kind: 'transfer' },
  redeemed: ({ redemption }) => command('redeem', redemption),
  reserved: ({ reservation }) => command('reserve', reservation),
  captured: () => command('capture', undefined),
  voided: () => command('void', undefined),
  undone: ({ undo }) => command('undo', undo),
  sent: ({ transfer }) => command('transfer', transfer),
  adjusted: ({ lot }) => command('adjust', lot?.startsWith(ADJUSTMENT) ? lot.slice(ADJUSTMENT.length) : undefined),
  requested: ({ request }) => command('adjust', request),
  refused: () => command('refuse', undefined),
  closed: () => command('close', undefined),
  reopened: () => command('reopen', undefined),
  opened: ({ reference }) => command('open', reference),
};

const command = (kind: string, key: string | undefined): Facts => ({
  kind: 'command',
  command: key === undefined ? { kind } : { kind, key },
});

/** @param causation the event behind the entry, as the log has it; of entries due by the clock it only says when they were noticed */
export function causeOfEntry(entry: Entry, causation: string | null, rating: CausingRating | null): EntryCause {
  const facts = CAUSES[entry.type]?.(entry) ?? { kind: 'command' };
  if (!isFact(facts.kind)) return facts;
  const correction = rating?.cause;
  return { ...facts, ...(correction && { correction }), ...(causation !== null && { event: causation }) };
}

/** Whether an entry of this cause rests on a rating. */
export const isFact = (kind: EntryCause['kind']): boolean =>
  kind === 'purchase' || kind === 'return' || kind === 'correction';
