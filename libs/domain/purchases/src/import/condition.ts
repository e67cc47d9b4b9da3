import type { Condition } from './mapping.ts';

type Test = (fields: readonly string[]) => boolean;

/** `index` gives where a column stands, or -1: an absent column fits nothing. */
export function conditionTest(condition: Condition, index: (column: string) => number): Test {
  const at = index(condition.column);
  if (at < 0) return () => false;
  const { equals, startsWith, matches } = condition;
  if (startsWith !== undefined) return (fields) => fields[at]?.startsWith(startsWith) ?? false;
  if (matches !== undefined) {
    const pattern = new RegExp(matches, 'u');
    return (fields) => pattern.test(fields[at] ?? '');
  }
  const values = new Set(typeof equals === 'string' ? [equals] : equals);
  return (fields) => values.has(fields[at] ?? '');
}
