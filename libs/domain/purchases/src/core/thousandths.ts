import type { Decimal } from '@loyalty/kernel';

/** A quantity in thousandths: at most 12 digits, so sums of them are exact as numbers. */
export type Thousandths = number;

/** Of a quantity with at most 3 places: `"-0.352"` → -352. */
export function thousandths(quantity: Decimal): Thousandths {
  return Math.round(Number(quantity) * 1000);
}

/** 2500 → `"2.5"`. */
export function quantityText(value: Thousandths): Decimal {
  if (value % 1000 === 0) return String(value / 1000);
  const digits = String(Math.abs(value)).padStart(4, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3).replace(/0+$/, '')}`;
}
