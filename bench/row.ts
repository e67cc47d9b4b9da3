/** One line of the bench table: a value beside its baseline, both measured in the same run on the same PostgreSQL. */
export interface BenchRow {
  readonly name: string;
  readonly what: string;
  readonly value: number;
  readonly baseline: number;
  readonly unit: string;
  /** value ÷ baseline. */
  readonly ratio: number;
  readonly goal: number;
  /** Whether the ratio must reach the goal or stay below it. */
  readonly direction: 'atLeast' | 'atMost';
  readonly ok: boolean;
}

export function benchRow(
  row: Omit<BenchRow, 'ratio' | 'ok' | 'direction'> & { direction?: BenchRow['direction'] },
): BenchRow {
  const direction = row.direction ?? 'atLeast';
  const ratio = row.value / row.baseline;
  return { ...row, direction, ratio, ok: direction === 'atLeast' ? ratio >= row.goal : ratio <= row.goal };
}

/** Of one value or more; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
