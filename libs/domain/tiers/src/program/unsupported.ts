/** A part of the program language that this engine does not do yet. */
export interface Unsupported {
  readonly path: readonly (string | number)[];
  readonly name: string;
}

const TOP_LEVEL = ['rates', 'referral'];
const RULE_PARTS = ['when', 'stack', 'cap', 'budget'];

/** Every such part of a document, so that each is refused by name and none is silently left out. */
export function unsupportedParts(document: unknown): Unsupported[] {
  const found: Unsupported[] = [];
  const meet = (...path: (string | number)[]): void => {
    if (valueAt(document, path) !== undefined)
      found.push({ path, name: path.filter((part) => typeof part === 'string').join('.') });
  };
  for (const part of TOP_LEVEL) meet(part);
  meet('tiers', 'window', 'calendar');
  meet('tiers', 'window', 'anniversary');
  meet('tiers', 'keepFor', 'until');
  for (const way of ['purchases', 'credits']) {
    if (valueAt(document, ['tiers', 'qualifyBy']) === way)
      found.push({ path: ['tiers', 'qualifyBy'], name: `tiers.qualifyBy: ${way}` });
  }
  if (valueAt(document, ['returns', 'unmatched']) === 'baseRate') {
    found.push({ path: ['returns', 'unmatched'], name: 'returns.unmatched: baseRate' });
  }
  const earning = valueAt(document, ['earning']);
  if (Array.isArray(earning)) {
    for (const [i, rule] of earning.entries()) {
      for (const part of RULE_PARTS) meet('earning', i, part);
      const award = valueAt(rule, ['award']) as Record<string, unknown> | undefined;
      if (award && typeof award === 'object' && 'points' in award && !('per' in award)) {
        found.push({ path: ['earning', i, 'award'], name: 'earning.award of fixed points' });
      }
    }
  }
  return found;
}

/** What a document has at a path; undefined where it has nothing. */
export function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let value = document;
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
