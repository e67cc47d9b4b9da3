import type { TierCourse } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';
import { instant } from './instant.ts';

/** Tier steps of a member in one program, ascending; future ones too. */
export type TierSteps = readonly { readonly tier: string | null; readonly from: EpochMs }[];

/** A course replaces every step from its own first instant on. */
export function withCourse(known: TierSteps, course: TierCourse): TierSteps {
  const steps = course.map(({ tier, from }) => ({ tier, from: instant(from) }));
  const first = steps[0]?.from ?? Infinity;
  return [...known.filter(({ from }) => from < first), ...steps];
}

/** The tier that the ledger has learned of for this instant; null where none is known. */
export function tierAt(steps: TierSteps | undefined, at: EpochMs): string | null {
  return steps?.findLast(({ from }) => from <= at)?.tier ?? null;
}
