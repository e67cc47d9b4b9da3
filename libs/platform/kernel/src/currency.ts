import { codes } from 'currency-codes';

const known: ReadonlySet<string> = new Set(codes());

/** Is this an ISO 4217 code, in capitals: `GBP`? */
export function isCurrency(code: string): boolean {
  return known.has(code);
}
