import type { PointsRedeemed, TermsLearned } from '@loyalty/contracts';
import { compare, type Decimal, floorDivide, minorDigits, multiply } from '@loyalty/kernel';
import { type PointsDecision, refused } from './decision.ts';

/** What the points of a redemption are worth, as its event says it. */
export type MoneyOff = Pick<PointsRedeemed, 'money' | 'purchaseTotal'>;
export type Money = NonNullable<PointsRedeemed['money']>;

export interface Wanted {
  readonly points: number;
  /** Of the purchase that points pay for in part. */
  readonly purchaseTotal?: Decimal | undefined;
  readonly currency?: string | undefined;
}

/**
 * What points are worth by the program's `points.value`, and whether the purchase may be paid with so many.
 * Refused: `wrong_currency`, `purchase_total_required` (where the program has `maxShareOfPurchase`), `above_share_of_purchase`.
 */
export function moneyOff(
  { points, purchaseTotal, currency }: Wanted,
  terms: TermsLearned | undefined,
): MoneyOff | PointsDecision {
  const own = terms?.currency;
  if (currency !== undefined && own !== undefined && currency !== own) {
    const message = `The program counts in ${own}: give the purchase's total in ${own}.`;
    return refused('wrong_currency', message, { pointer: '/currency', details: { currency: own } });
  }
  const share = terms?.maxShareOfPurchase;
  if (share !== undefined && purchaseTotal === undefined) {
    const message = `Points pay at most ${share} of a purchase: give its total.`;
    return refused('purchase_total_required', message, { pointer: '/purchaseTotal' });
  }
  const value = terms?.pointValue;
  if (own === undefined || value === undefined || compare(value, '0') === 0) {
    return purchaseTotal === undefined ? {} : { purchaseTotal };
  }
  const money = worthOf(points, value, own);
  if (purchaseTotal === undefined) return { money };
  const most = multiply(purchaseTotal, share ?? '1');
  if (compare(multiply(String(points), value), most) <= 0) return { money, purchaseTotal };
  const payable = Number(floorDivide(most, value));
  const message = `${points} points are worth ${money.amount} ${own}; of a purchase of ${purchaseTotal} at most ${payable} points may pay.`;
  return refused('above_share_of_purchase', message, { pointer: '/points', details: { points, most: payable } });
}

/** Rounded down to the currency's units: nobody can pay with less. */
export function worthOf(points: number, pointValue: Decimal, currency: string): Money {
  const digits = minorDigits(currency);
  const units = String(floorDivide(multiply(multiply(String(points), pointValue), `1${'0'.repeat(digits)}`), '1'));
  return { amount: multiply(units, digits === 0 ? '1' : `0.${'1'.padStart(digits, '0')}`), currency, pointValue };
}
