import { code, codes } from 'currency-codes';

const known: ReadonlySet<string> = new Set(codes());

/** Is this an ISO 4217 code, in capitals: `GBP`? */
export function isCurrency(code: string): boolean {
  return known.has(code);
}

/** Digits after the point that amounts of this currency have: 2 for GBP, 0 for JPY; 2 for what is no currency. */
export function minorDigits(currency: string): number {
  return code(currency)?.digits ?? 2;
}
