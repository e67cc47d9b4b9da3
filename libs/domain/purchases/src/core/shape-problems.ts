import type { purchaseDocument } from '@loyalty/contracts';
import { problem, type Problem } from './problem.ts';

type Issue = NonNullable<ReturnType<typeof purchaseDocument.safeParse>['error']>['issues'][number];

const QUANTITIES = new Set(['quantity']);
const AMOUNTS = new Set(['unitPrice', 'discount', 'tax', 'amount']);
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?$/;

/** The schema's findings as problems with our own codes: the schema library's may change with its version. */
export function shapeProblems(issues: readonly Issue[], input: unknown): Problem[] {
  return issues.flatMap((issue) => {
    const pointer = pointerOf(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) =>
        problem(`${pointer}/${escaped(key)}`, 'unknown_field', `There is no field "${key}" here.`),
      );
    }
    const value = valueAt(input, issue.path);
    if (value === undefined) return [problem(pointer, 'required', 'This field is missing.')];
    return [problem(pointer, ...finding(issue, String(issue.path.at(-1)), value))];
  });
}

function finding(issue: Issue, field: string, value: unknown): [code: string, message: string] {
  switch (issue.code) {
    case 'invalid_type':
      return typeof value === 'number' && (QUANTITIES.has(field) || AMOUNTS.has(field))
        ? ['number_not_text', 'Decimals are text ("19.90"): a JSON number may have lost digits on its way.']
        : ['wrong_type', `Expected ${issue.expected}, got ${typeName(value)}.`];
    case 'invalid_value':
      return ['unknown_value', `Expected one of ${issue.values.join(', ')}.`];
    case 'too_small':
      return [typeof value === 'number' ? 'number_too_small' : 'too_short', `Expected at least ${issue.minimum}.`];
    case 'too_big':
      return [typeof value === 'number' ? 'number_too_large' : 'too_long', `Expected at most ${issue.maximum}.`];
    default:
      return typeof value === 'string' && (QUANTITIES.has(field) || AMOUNTS.has(field))
        ? decimalFinding(field, value)
        : ['invalid_format', issue.message];
  }
}

function decimalFinding(field: string, value: string): [code: string, message: string] {
  const [, sign, whole = '', places = ''] = NUMBER.exec(value) ?? [];
  if (sign === undefined) return ['not_a_decimal', 'Expected a decimal number such as "19.90".'];
  const quantity = QUANTITIES.has(field);
  if (whole.length > (quantity ? 9 : 12))
    return ['number_too_large', `Expected at most ${quantity ? 9 : 12} digits before the point.`];
  if (places.length > (quantity ? 3 : 6))
    return ['too_many_places', `Expected at most ${quantity ? 3 : 6} places after the point.`];
  return field === 'unitPrice'
    ? ['negative_price', 'A price is not negative.']
    : ['negative_amount', 'This amount is not negative.'];
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${escaped(String(key))}`).join('');
}

/** A segment of a JSON pointer (RFC 6901). */
function escaped(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
