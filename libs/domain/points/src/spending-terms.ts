import type { RewardTerms, TermsLearned } from '@loyalty/contracts';
import { addPeriod, formatInstant, normalise, parseInstant, parsePeriod, timeZone } from '@loyalty/kernel';

/** What a program file says of spending, as far as the ledger lives by it. The tier engine has validated the file. */
export interface SpendingPart {
  readonly currency?: string;
  readonly points?: { readonly value?: string | number };
  readonly redemption?: { readonly maxShareOfPurchase?: string | number };
  readonly adjustments?: { readonly approvalAbove?: number; readonly approvalWithin?: string };
  readonly rewards?: readonly RewardPart[];
}

interface RewardPart extends Omit<RewardTerms, 'codes' | 'undone'> {
  readonly codes?: 'pool';
  readonly undone?: RewardTerms['undone'];
}

type SpendingTerms = Pick<
  TermsLearned,
  'currency' | 'pointValue' | 'maxShareOfPurchase' | 'approvalAbove' | 'approvalWithin' | 'rewards'
>;

export function spendingTerms(file: SpendingPart, zone: string): SpendingTerms {
  const { currency, points, redemption, adjustments, rewards } = file;
  const share = redemption?.maxShareOfPurchase;
  const { approvalAbove, approvalWithin } = adjustments ?? {};
  return {
    ...(currency !== undefined && { currency }),
    ...(points?.value !== undefined && { pointValue: normalise(String(points.value)) }),
    ...(share !== undefined && { maxShareOfPurchase: normalise(String(share)) }),
    ...(approvalAbove !== undefined && { approvalAbove }),
    ...(approvalWithin !== undefined && { approvalWithin }),
    ...(rewards !== undefined && { rewards: rewards.map((reward) => rewardTermsOf(reward, zone)) }),
  };
}

function rewardTermsOf({ codes, from, until, undone = 'back', ...reward }: RewardPart, zone: string): RewardTerms {
  return {
    ...reward,
    ...(codes !== undefined && { codes: true }),
    ...(from !== undefined && { from: startOf(from, zone) }),
    ...(until !== undefined && { until: endOf(until, zone) }),
    undone,
  };
}

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text);
const NEXT_DAY = parsePeriod('P1D');

/** A day begins at midnight of the program's calendar. */
function startOf(text: string, zone: string): string {
  if (!isDay(text)) return formatInstant(parseInstant(text) as number);
  return formatInstant(timeZone(zone).instantOf(parseInstant(`${text}T00:00:00Z`) as number));
}

/** The instant from which on it is over: a day is included whole. */
function endOf(text: string, zone: string): string {
  const start = startOf(text, zone);
  if (!isDay(text) || !NEXT_DAY) return start;
  return formatInstant(addPeriod(timeZone(zone), parseInstant(start) as number, NEXT_DAY));
}
