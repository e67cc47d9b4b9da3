import type { PurchaseRating, RatingCorrected, ReturnRating } from '@loyalty/contracts';
import { shardOf } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { stateFromLog, type LoggedEvent } from './core/evolve.ts';
import { foldHistory } from './core/history.ts';
import { emptyState } from './core/member-state.ts';
import type { Programs } from './core/programs.ts';
import { purchaseRating, returnRatings } from './core/ratings.ts';
import { loadPrograms } from './published-programs.ts';
import { TIERS_SCHEMA as schema } from './names.ts';
import { ratingDifferences, type RatingDifference } from './rating-differences.ts';

export interface Explanation {
  readonly member: string;
  /** What stands for the document, one a program; more than one only where a document changed programs. */
  readonly purchases: readonly PurchaseRating[];
  readonly returns: readonly ReturnRating[];
  /**
   * Where it was asked for: whether working the member's facts through again, under the versions in force at their own times, gives
   * the same, and where not.
   */
  readonly recomputed?: {
    readonly matches: boolean;
    /** Empty where it matches. */
    readonly differences: readonly RatingDifference[];
    readonly purchases: readonly PurchaseRating[];
    readonly returns: readonly ReturnRating[];
  };
}

/** What stands about a document and why; null for one that was never rated. Voided documents say so. */
export async function explainRating(
  pool: Pool,
  source: string,
  id: string,
  recompute: boolean,
): Promise<Explanation | null> {
  const known = await pool.query<{ member: string; shards: number }>(
    `SELECT d.member, (SELECT shards FROM ${schema}.log) AS shards FROM ${schema}.rated_documents AS d WHERE d.source = $1 AND d.id = $2`,
    [source, id],
  );
  if (!known.rows[0]) return null;
  const { member, shards } = known.rows[0];
  const { rows } = await pool.query<LoggedEvent>(
    `SELECT type, data FROM ${schema}.events WHERE shard = $1 AND subject = $2 ORDER BY position`,
    [shardOf(member, shards), member],
  );
  const standing = standingOf(rows, source, id);
  if (!recompute) return { member, ...standing };
  const again = recomputed(rows, await loadPrograms(pool), source, id);
  const counting = {
    ...standing,
    purchases: standing.purchases.filter(({ reason }) => reason !== 'voided' && reason !== 'other_program'),
  };
  const differences = ratingDifferences(byProgram(counting), byProgram(again));
  return { member, ...standing, recomputed: { matches: differences.length === 0, differences, ...again } };
}

/** A document has one rating a program: in whatever order they are listed, these are compared. */
function byProgram({ purchases, returns }: Ratings): object {
  const keyed = (ratings: readonly { readonly program: string }[]): object =>
    Object.fromEntries(ratings.map((rating) => [rating.program, rating]));
  return { purchases: keyed(purchases), returns: keyed(returns) };
}

interface Ratings {
  readonly purchases: PurchaseRating[];
  readonly returns: ReturnRating[];
}

/** The last word of the log on a document, by program. */
function standingOf(events: readonly LoggedEvent[], source: string, id: string): Ratings {
  const purchases = new Map<string, PurchaseRating>();
  const returns = new Map<string, ReturnRating>();
  const put = (purchase?: PurchaseRating, back?: ReturnRating): void => {
    if (purchase && isOf(purchase.purchase, source, id)) purchases.set(purchase.program, purchase);
    if (back && isOf(back.return, source, id)) returns.set(back.program, back);
  };
  for (const { type, data } of events) {
    const { course: _, ...payload } = JSON.parse(data);
    if (type === 'purchase.rated.v1') put(payload as PurchaseRating);
    else if (type === 'return.rated.v1') put(undefined, payload as ReturnRating);
    else if (type === 'rating.corrected.v1')
      put((payload as RatingCorrected).purchase, (payload as RatingCorrected).return);
  }
  return { purchases: [...purchases.values()], returns: [...returns.values()] };
}

const isOf = (document: { source: string; id: string }, source: string, id: string): boolean =>
  document.source === source && document.id === id;

/** The document's ratings from the member's facts alone. */
function recomputed(events: readonly LoggedEvent[], programs: Programs, source: string, id: string): Ratings {
  const { facts } = stateFromLog(emptyState(programs, true), events);
  const history = foldHistory(facts ?? [], programs);
  const backs = returnRatings(history, (fact) => programs.of(fact.source, fact.named, fact.time));
  return {
    purchases: [...history.outcomes].flatMap(([fact, outcome]) =>
      isOf(fact, source, id) ? [purchaseRating(fact, outcome)] : [],
    ),
    returns: [...backs].flatMap(([fact, ratings]) => (isOf(fact, source, id) ? [...ratings.values()] : [])),
  };
}
