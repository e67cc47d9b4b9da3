import type { EpochMs } from '@loyalty/kernel';
import { burnOrder, claimedAt, claimsUntil, isOverdrawn, type Lot, usesUntil } from './lot.ts';

/** Points of a lot that repaid what the member owed, and when it last did. */
export interface Repayment {
  points: number;
  at: EpochMs;
}

/** At one instant returns come first, then lots become active, then decisions are taken (they settle what is due first). */
const CLAIM = 0;
const ACTIVATION = 1;
const USE = 2;

interface Step {
  readonly at: EpochMs;
  readonly rank: typeof CLAIM | typeof ACTIVATION | typeof USE;
  readonly lot: Lot;
}

const byTime = (a: Step, b: Step): number => a.at - b.at || a.rank - b.rank || burnOrder(a.lot, b.lot);

/**
 * Which lots repaid how much, worked out along the member's own time, so that it is the same for any order of arrival:
 * a debt arises when a lot gives more than it has; the policy `otherLots` takes it at once from the lots then active, earliest
 * expiry first; what is still owed is repaid by each *earned* lot in the instant it becomes active.
 * @param known facts and uses up to this time count; Infinity = all that is known
 * @param at activations up to this instant count
 */
export function repayments(lots: readonly Lot[], known: EpochMs, at: EpochMs): Map<string, Repayment> {
  const repaid = new Map<string, Repayment>();
  if (!lots.some(isOverdrawn)) return repaid;
  const steps = firstSteps(lots, known, at).sort(byTime);
  const debts = new Map<string, number>();
  let owed = 0;
  const repay = (lot: Lot, points: number, step: Step, index: number): void => {
    const before = repaid.get(lot.id)?.points ?? 0;
    repaid.set(lot.id, { points: before + points, at: step.at });
    owed -= points;
    // What repaid is gone for whoever spent it in the meantime: the lot's own later steps count from here on.
    if (!isOverdrawn(lot) && before === 0) insertSteps(steps, index, ownSteps(lot, known));
  };
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    if (step.rank === ACTIVATION) {
      const points = Math.min(owed, freeAt(step.lot, step, repaid));
      if (points > 0) repay(step.lot, points, step, i);
      continue;
    }
    const debt = Math.max(0, -freeAt(step.lot, step, repaid));
    let more = debt - (debts.get(step.lot.id) ?? 0);
    if (more === 0) continue;
    debts.set(step.lot.id, debt);
    owed += more;
    if (step.lot.policy !== 'otherLots') continue;
    for (const other of activeLots(lots, step)) {
      const points = Math.min(more, freeAt(other, step, repaid));
      if (points > 0) repay(other, points, step, i);
      more -= Math.max(0, points);
      if (more === 0) break;
    }
  }
  return repaid;
}

function firstSteps(lots: readonly Lot[], known: EpochMs, at: EpochMs): Step[] {
  const steps: Step[] = [];
  for (const lot of lots) {
    if (lot.at > known) continue;
    if (isOverdrawn(lot)) steps.push(...ownSteps(lot, known));
    const repays = lot.origin === 'purchase' && lot.activeFrom < lot.expiresAt && lot.activeFrom <= at;
    if (repays) steps.push({ at: lot.activeFrom, rank: ACTIVATION, lot });
  }
  return steps;
}

/** The instants at which something was taken out of the lot. */
function ownSteps(lot: Lot, known: EpochMs): Step[] {
  const steps: Step[] = [];
  for (const claim of lot.claims?.values() ?? []) steps.push({ at: claimedAt(lot, claim), rank: CLAIM, lot });
  for (const use of lot.uses ?? []) steps.push({ at: use.at, rank: USE, lot });
  return steps.filter((step) => step.at <= known);
}

function insertSteps(steps: Step[], after: number, more: readonly Step[]): void {
  const reached = steps[after] as Step;
  const rest = steps.splice(after + 1);
  for (const step of more) if (byTime(step, reached) > 0) rest.push(step);
  for (const step of rest.sort(byTime)) steps.push(step);
}

/** What the lot still has (or lacks, below 0) once the step has happened. */
function freeAt(lot: Lot, step: Step, repaid: ReadonlyMap<string, Repayment>): number {
  const uses = usesUntil(lot, step.rank === USE ? step.at : step.at - 1);
  const room = lot.issued - uses.spent - uses.reversed - (repaid.get(lot.id)?.points ?? 0);
  if (lot.policy === 'waive') return Math.max(0, room - claimsUntil(lot, step.at));
  return room - claimsUntil(lot, step.at);
}

function activeLots(lots: readonly Lot[], step: Step): Lot[] {
  const active = lots.filter((lot) => lot !== step.lot && lot.activeFrom <= step.at && step.at < lot.expiresAt);
  return active.sort(burnOrder);
}
