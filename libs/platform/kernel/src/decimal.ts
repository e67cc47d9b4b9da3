import Big from 'big.js';

/** A decimal number as text in plain notation: `19.90`. What this file returns is normalised: `19.9`, never `-0`. */
export type Decimal = string;

/** Own constructor, so that nobody's settings of the library reach us. Division is never rounded up. */
const Exact = Big();
Exact.DP = 0;
Exact.RM = Big.roundDown;

function text(value: Big): Decimal {
  return value.c[0] === 0 ? '0' : value.toFixed();
}

/** `2.50` → `2.5`, `007` → `7`, `-0.0` → `0`. Throws on what is no decimal number. */
export function normalise(value: Decimal): Decimal {
  return text(new Exact(value));
}

export function add(a: Decimal, b: Decimal): Decimal {
  return text(new Exact(a).plus(b));
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return text(new Exact(a).minus(b));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return text(new Exact(a).times(b));
}

export function negate(value: Decimal): Decimal {
  return text(new Exact(value).neg());
}

/** Below 0, 0 or above 0, as `a` is less than, equal to or greater than `b`. */
export function compare(a: Decimal, b: Decimal): number {
  return new Exact(a).cmp(b);
}

export function minimum(a: Decimal, b: Decimal): Decimal {
  return normalise(compare(a, b) <= 0 ? a : b);
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total = new Exact(0);
  for (const value of values) total = total.plus(value);
  return text(total);
}

/** The greatest integer not above the value. */
export function floor(value: Decimal): bigint {
  return floorDivide(value, '1');
}

/** floor(a ÷ b), exact. Throws when `b` is 0. */
export function floorDivide(a: Decimal, b: Decimal): bigint {
  const dividend = new Exact(a);
  const divisor = new Exact(b);
  const whole = dividend.div(divisor);
  const cut = BigInt(whole.toFixed());
  // The library cuts towards 0; below 0 that is one too high unless it came out even.
  const uneven = !whole.times(divisor).eq(dividend);
  return uneven && dividend.s !== divisor.s ? cut - 1n : cut;
}
