import type { EpochMs } from '@loyalty/kernel';

/** Where decisions put the points they take out of a lot. `reversed`: withdrawn by an adjustment. */
export type UseBucket = 'spent' | 'reversed' | 'reserved' | 'sent';

/** Points that decisions took out of a lot, by where they are now, and in all. */
export type Taken = Readonly<Record<UseBucket, number>> & {
  readonly total: number;
};

/** One decision's change of what is taken. Never back-dated, so uses are in order of time. */
export interface Use {
  readonly at: EpochMs;
  /** Once it has happened. */
  readonly taken: Taken;
  /** The most that was taken at any time up to it: undone redemptions and ended reservations give points back. */
  readonly peak: number;
}

/** A reservation of points of the lot that ends by itself, unless it is captured or voided before. */
export interface Ending {
  readonly at: EpochMs;
  readonly points: number;
}

/** What decisions did to one lot. */
export interface Uses {
  readonly list: Use[];
  /** Reservations still open by the log, the first to end first. */
  readonly endings: Ending[];
}

export const NOTHING_TAKEN: Taken = { spent: 0, reversed: 0, reserved: 0, sent: 0, total: 0 };

/** Adds a decision: how many points more (or, below 0, less) stand in each bucket. Gives the sum of them. */
export function addUse(uses: Uses, at: EpochMs, change: Readonly<Partial<Record<UseBucket, number>>>): number {
  const last = uses.list.at(-1);
  const before = last?.taken ?? NOTHING_TAKEN;
  const { spent = 0, reversed = 0, reserved = 0, sent = 0 } = change;
  const taken = {
    spent: before.spent + spent,
    reversed: before.reversed + reversed,
    reserved: before.reserved + reserved,
    sent: before.sent + sent,
    total: before.total + spent + reversed + reserved + sent,
  };
  uses.list.push({ at, taken, peak: Math.max(last?.peak ?? 0, taken.total) });
  return taken.total - before.total;
}

export function addEnding(uses: Uses, ending: Ending): void {
  const { endings } = uses;
  let index = endings.length;
  while (index > 0 && (endings[index - 1] as Ending).at > ending.at) index -= 1;
  endings.splice(index, 0, ending);
}

/** The reservation was captured, voided, or its end is written: it ends no more by itself. */
export function dropEnding({ endings }: Uses, { at, points }: Ending): void {
  const index = endings.findIndex((ending) => ending.at === at && ending.points === points);
  if (index < 0) throw new Error(`no reservation of ${points} points ends at ${at}`);
  endings.splice(index, 1);
}

/** What is taken at an instant: a reservation is over in the instant of its end, written or not. */
export function takenAt(uses: Uses | null, at: EpochMs): Taken {
  if (uses === null) return NOTHING_TAKEN;
  const { list, endings } = uses;
  const last = list.at(-1);
  const taken =
    last !== undefined && last.at <= at ? last.taken : (list[countUntil(list, at) - 1]?.taken ?? NOTHING_TAKEN);
  let ended = 0;
  for (const ending of endings) {
    if (ending.at > at) break;
    ended += ending.points;
  }
  return ended === 0 ? taken : { ...taken, reserved: taken.reserved - ended, total: taken.total - ended };
}

/** How many uses took place up to `at`: a lot of a popular card has thousands, and simulations ask often. */
function countUntil(list: readonly Use[], at: EpochMs): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as Use).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
