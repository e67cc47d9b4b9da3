import type { EpochMs } from '@loyalty/kernel';
import { burnOrder, claimsUntil, isOverdrawn, type Lot, type Use, usedUntil } from './lot.ts';

/** Points of a lot that repaid what the member owed, and when it last did. */
export interface Repayment {
  points: number;
  at: EpochMs;
}

/** What came of a wallet's debts. */
export interface Debts {
  /** By lot. */
  readonly repaid: ReadonlyMap<string, Repayment>;
  /** After this instant nothing was owed any more; Infinity while something is. */
  readonly clear: EpochMs;
}

export const NO_DEBTS: Debts = { repaid: new Map(), clear: -Infinity };

/** At one instant points are taken out first, by returns and decisions, then lots become active. */
const TAKING = 0;
const ACTIVATION = 1;

interface Step {
  readonly at: EpochMs;
  readonly rank: typeof TAKING | typeof ACTIVATION;
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
export function debtsOf(lots: readonly Lot[], known: EpochMs, at: EpochMs): Debts {
  if (!lots.some(isOverdrawn)) return NO_DEBTS;
  const repaid = new Map<string, Repayment>();
  const steps = firstSteps(lots, known, at).sort(byTime);
  const debts = new Map<string, number>();
  let owed = 0;
  let clear = -Infinity;
  const repay = (lot: Lot, points: number, index: number): void => {
    const sum = (repaid.get(lot.id)?.points ?? 0) + points;
    repaid.set(lot.id, { points: sum, at: (steps[index] as Step).at });
    owed -= points;
    // What repaid is gone for whoever spent it in the meantime: from here on the lot's own steps count.
    insertSteps(steps, index, ownSteps(lot, known, sum));
  };
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    if (step.rank === ACTIVATION) {
      if (owed === 0) continue;
      const points = Math.min(owed, freeAt(step.lot, step, repaid));
      if (points > 0) repay(step.lot, points, i);
      clear = step.at;
      continue;
    }
    const debt = Math.max(0, -freeAt(step.lot, step, repaid));
    let more = debt - (debts.get(step.lot.id) ?? 0);
    if (more === 0) continue;
    debts.set(step.lot.id, debt);
    owed += more;
    clear = step.at;
    if (step.lot.policy !== 'otherLots') continue;
    for (const other of activeLots(lots, step)) {
      const points = Math.min(more, freeAt(other, step, repaid));
      if (points > 0) repay(other, points, i);
      more -= Math.max(0, points);
      if (more === 0) break;
    }
  }
  return { repaid, clear: owed > 0 ? Infinity : clear };
}

/**
 * Whether debts stay as they are when a lot changes, without working them out again. They do where the lot had no part in them
 * and can have none now: it became active when nothing was owed any more, or it only has less than before.
 */
export function staysTrue(debts: Debts, before: Lot | undefined, after: Lot): boolean {
  if (debts.clear === Infinity || debts.repaid.has(after.id)) return false;
  if (isOverdrawn(after) || (before !== undefined && isOverdrawn(before))) return false;
  if (after.activeFrom > debts.clear && (before === undefined || before.activeFrom > debts.clear)) return true;
  const { issued, activeFrom, expiresAt, origin, policy, at } = after;
  return (
    before?.issued === issued &&
    before.activeFrom === activeFrom &&
    before.expiresAt === expiresAt &&
    before.origin === origin &&
    before.policy === policy &&
    before.at === at &&
    before.claimed <= after.claimed
  );
}

function firstSteps(lots: readonly Lot[], known: EpochMs, at: EpochMs): Step[] {
  const steps: Step[] = [];
  for (const lot of lots) {
    if (lot.at > known) continue;
    if (isOverdrawn(lot)) for (const step of ownSteps(lot, known, 0)) steps.push(step);
    const repays = lot.origin === 'purchase' && lot.activeFrom < lot.expiresAt && lot.activeFrom <= at;
    if (repays) steps.push({ at: lot.activeFrom, rank: ACTIVATION, lot });
  }
  return steps;
}

/** The instants at which more may have been taken out of the lot than it had, given what it repaid. */
function ownSteps(lot: Lot, known: EpochMs, repaid: number): Step[] {
  const steps: Step[] = [];
  const room = lot.issued - repaid - lot.claimed;
  if (room >= lot.used) return steps;
  for (const { at } of lot.claims?.values() ?? []) if (at <= known) steps.push({ at, rank: TAKING, lot });
  const uses = lot.uses ?? [];
  // From the last on: of thousands of uses only the latest can be too many.
  for (let i = uses.length - 1; i >= 0 && (uses[i] as Use).total > room; i--) {
    const { at } = uses[i] as Use;
    if (at <= known) steps.push({ at, rank: TAKING, lot });
  }
  return steps;
}

function insertSteps(steps: Step[], after: number, more: readonly Step[]): void {
  if (more.length === 0) return;
  const reached = steps[after] as Step;
  const rest = steps.splice(after + 1);
  for (const step of more) if (byTime(step, reached) > 0) rest.push(step);
  for (const step of rest.sort(byTime)) steps.push(step);
}

/** What the lot still has (or lacks, below 0) once the step has happened. */
function freeAt(lot: Lot, step: Step, repaid: ReadonlyMap<string, Repayment>): number {
  const room = lot.issued - usedUntil(lot, step.at) - (repaid.get(lot.id)?.points ?? 0);
  if (lot.policy === 'waive') return Math.max(0, room - claimsUntil(lot, step.at));
  return room - claimsUntil(lot, step.at);
}

function activeLots(lots: readonly Lot[], step: Step): Lot[] {
  const active = lots.filter((lot) => lot !== step.lot && lot.activeFrom <= step.at && step.at < lot.expiresAt);
  return active.sort(burnOrder);
}
