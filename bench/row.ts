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
