export const DAY_MS = 86_400_000;
/** The shops stand where the clock is eight hours ahead of UTC, all year round. */
export const OFFSET_MS = 8 * 3_600_000;

/** Local wall clock, given as if it were UTC, as an instant that states its offset. */
export function instant(local: number): string {
  return `${new Date(local).toISOString().slice(0, 19)}+08:00`;
}
