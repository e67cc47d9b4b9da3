/** An amount in millionths of its currency (or a quantity in millionths): exact for all that contracts let in. */
export type Micros = bigint;

export const MICRO = 1_000_000n;

/** `19.9` → 19900000n. Takes what the contracts call a decimal: at most six places. */
export function parseMicros(text: string): Micros {
  const dot = text.indexOf('.');
  if (dot < 0) return BigInt(text) * MICRO;
  // Both parts are small enough for exact numbers in nearly every amount; BigInt(text) costs three times as much.
  if (dot <= 9 && text.charCodeAt(0) !== 45) {
    return BigInt(Number(text.slice(0, dot)) * 1e6 + Number(text.slice(dot + 1).padEnd(6, '0')));
  }
  const whole = BigInt(text.slice(0, dot) || '0') * MICRO;
  const fraction = BigInt(text.slice(dot + 1).padEnd(6, '0'));
  return text.startsWith('-') ? whole - fraction : whole + fraction;
}

/** The shortest text that means the same: 19900000n → `19.9`. */
export function formatMicros(value: Micros): string {
  if (value < 0n) return `-${formatMicros(-value)}`;
  if (value > 9_000_000_000_000_000n) return formatLarge(value);
  const micros = Number(value);
  const whole = Math.floor(micros / 1e6);
  const fraction = micros - whole * 1e6;
  if (fraction === 0) return String(whole);
  return `${whole}.${withoutZeros(fraction)}`;
}

function formatLarge(value: Micros): string {
  const fraction = Number(value % MICRO);
  return fraction === 0 ? String(value / MICRO) : `${value / MICRO}.${withoutZeros(fraction)}`;
}

/** Six places of a fraction, without zeros at the end. */
function withoutZeros(fraction: number): string {
  let places = 6;
  while (fraction % 10 === 0) {
    fraction /= 10;
    places--;
  }
  return String(fraction).padStart(places, '0');
}
