import type { TermsLearned } from '@loyalty/contracts';
import { refusedWhileClosed } from './close-account.ts';
import { type PointsContext, type PointsDecision, refused } from './decision.ts';
import { nothingToTake, programOf, type Purse, purseOf, severalWallets } from './spending.ts';
import { termsAt } from './terms.ts';
import { type FullState, newWallet, type Wallet } from './wallet.ts';

/** Active points that a decision may take, from which lots. */
export interface Taking {
  readonly wallet: Wallet;
  readonly purse: Purse;
  readonly allocations: { lot: string; points: number }[];
  readonly terms: TermsLearned | undefined;
  /** What is left to spend. */
  readonly spendable: number;
}

interface Wanted {
  readonly program?: string;
  readonly points: number;
}

/**
 * Finds active points, earliest expiry first.
 * @param fewest of the program's terms, what must be asked at least
 * @returns a refusal where they are not there: `account_closed`, `invalid_points`, `program_required`, `below_minimum`, `insufficient_points`
 */
export function take(
  { program: named, points }: Wanted,
  state: FullState,
  { now, global }: PointsContext,
  fewest: (terms: TermsLearned) => number | undefined = () => undefined,
): Taking | PointsDecision {
  const impossible = refusedWhileClosed(state) ?? invalidPoints(points);
  if (impossible) return impossible;
  const { program, held } = programOf(named, state, global);
  if (program === undefined) return held.length > 0 ? severalWallets(held) : nothingToTake(points);
  const terms = termsAt(global.terms, program, now);
  const minimum = (terms && fewest(terms)) ?? 0;
  if (points < minimum) {
    const details = { minimum };
    return refused('below_minimum', `A redemption takes at least ${minimum} points.`, { pointer: '/points', details });
  }
  const wallet = state.wallets.get(program) ?? newWallet(program);
  const purse = purseOf(wallet, now);
  if (points > purse.spendable) {
    const details = { points, spendable: purse.spendable };
    return refused('insufficient_points', `${points} points asked, ${purse.spendable} can be spent.`, { details });
  }
  return { wallet, purse, allocations: purse.allocate(points), terms, spendable: purse.spendable - points };
}

/** A refusal of what is no number of points above 0. */
export function invalidPoints(points: number): PointsDecision | undefined {
  if (Number.isSafeInteger(points) && points > 0) return undefined;
  return refused('invalid_points', 'Points are whole numbers from 1 to 9007199254740991.', { pointer: '/points' });
}
