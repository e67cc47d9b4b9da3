import Big from 'big.js';

/** A decimal number as text in plain notation: `19.90`. What this file returns is normalised: `19.9`, never `-0`. */
export type Decimal = string;

/** Own constructor, so that nobody's settings of the library reach us. Division is never rounded up. */
const Exact = Big();
Exact.DP = 0;
Exact.RM = Big.roundDown;

/**
 * Amounts of up to 15 digits, that is nearly all, are integers of their last place: exact as numbers and 5 times as fast as the
 * library (0.15 µs a product), which takes over for the rest. `read` leaves what it read in `units` and `places`.
 */
const SHORT = 16;
let units = 0;
let places = 0;

/** Reads a short plain decimal. False for anything else: longer, with an exponent, or no number at all. */
function read(value: Decimal): boolean {
  const { length } = value;
  const negative = value.charCodeAt(0) === 45;
  let at = negative ? 1 : 0;
  if (length === at || length > SHORT) return false;
  let total = 0;
  let point = -1;
  for (; at < length; at++) {
    const digit = value.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) total = total * 10 + digit;
    else if (digit === -2 && point < 0 && at > (negative ? 1 : 0) && at < length - 1) point = at;
    else return false;
  }
  if (point < 0 && length - (negative ? 1 : 0) > SHORT - 1) return false;
  units = negative ? -total : total;
  places = point < 0 ? 0 : length - point - 1;
  return true;
}

/** `whole` × 10^-`scale`, normalised. */
function written(whole: number, scale: number): Decimal {
  while (scale > 0 && whole % 10 === 0) {
    whole /= 10;
    scale--;
  }
  if (scale === 0) return whole === 0 ? '0' : String(whole);
  const digits = String(Math.abs(whole)).padStart(scale + 1, '0');
  return `${whole < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function text(value: Big): Decimal {
  return value.c[0] === 0 ? '0' : value.toFixed();
}

/** `2.50` → `2.5`, `007` → `7`, `-0.0` → `0`. Throws on what is no decimal number. */
export function normalise(value: Decimal): Decimal {
  return read(value) ? written(units, places) : text(new Exact(value));
}

export function add(a: Decimal, b: Decimal): Decimal {
  return sum([a, b]);
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return sum([a, negate(b)]);
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  if (read(a)) {
    const [first, scale] = [units, places];
    if (read(b) && Number.isSafeInteger(first * units)) return written(first * units, scale + places);
  }
  return text(new Exact(a).times(b));
}

export function negate(value: Decimal): Decimal {
  return read(value) ? written(-units, places) : text(new Exact(value).neg());
}

/** Below 0, 0 or above 0, as `a` is less than, equal to or greater than `b`. */
export function compare(a: Decimal, b: Decimal): number {
  if (read(a)) {
    const [first, scale] = [units, places];
    if (read(b) && scale === places) return Math.sign(first - units);
  }
  return new Exact(a).cmp(b);
}

export function minimum(a: Decimal, b: Decimal): Decimal {
  return normalise(compare(a, b) <= 0 ? a : b);
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total = 0;
  let scale = 0;
  let long: Big | undefined;
  for (const value of values) {
    if (long === undefined && read(value)) {
      const common = Math.max(scale, places);
      const before = total * 10 ** (common - scale);
      const more = units * 10 ** (common - places);
      const next = before + more;
      if (Number.isSafeInteger(before) && Number.isSafeInteger(more) && Number.isSafeInteger(next)) {
        total = next;
        scale = common;
        continue;
      }
    }
    long = (long ?? new Exact(written(total, scale))).plus(value);
  }
  return long === undefined ? written(total, scale) : text(long);
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
