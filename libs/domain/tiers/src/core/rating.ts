import type { Micros } from './micros.ts';
import type { ProgramVersion } from './program.ts';
import { spreadRounded } from './spread.ts';

export interface Cell {
  readonly line: number;
  readonly rule: string;
  readonly points: number;
}

export interface Rated {
  readonly points: number;
  /** Only cells that are not 0, in line order, then rule order. Their sum is `points`. */
  readonly cells: readonly Cell[];
  readonly notFired: readonly NotFired[];
  /** Why the whole purchase earns nothing. */
  readonly reason?: 'too_many_points';
}

export interface NotFired {
  readonly rule: string;
  /** The first condition that failed: `eligible_amount`, `whole_unit`, `tier`. */
  readonly because: string;
}

/**
 * What a purchase earns at a tier: exact to the end, rounded down once, spread over (line, rule) by largest remainder.
 * `ordinals` are the lines' own numbers, `eligible` their eligible amounts. Above 2^53 - 1 points it earns nothing: an error
 * would stop its member, and only the retailer can mend the document.
 */
export function ratePurchase(
  version: ProgramVersion,
  tier: number,
  ordinals: readonly number[],
  eligible: readonly Micros[],
): Rated {
  const { rates, rules } = version;
  const row = rates.byTier[tier] as readonly bigint[];
  let total = 0n;
  for (const amount of eligible) total += amount;
  const measured = rates.wholeUnits.map((unit) => (unit === 0n ? total : total - (total % unit)));
  const notFired = rules.flatMap((rule, r) => {
    const because =
      total === 0n ? 'eligible_amount' : measured[r] === 0n ? 'whole_unit' : row[r] === 0n ? 'tier' : undefined;
    return because ? [{ rule: rule.id, because }] : [];
  });
  if (notFired.length === rules.length) return { points: 0, cells: [], notFired };

  const inWhole = measured.some((amount) => amount !== total);
  const fired = rules.flatMap((_, r) => (row[r] === 0n || measured[r] === 0n ? [] : [r]));
  const numerators: bigint[] = [];
  for (const amount of eligible) {
    for (const r of fired) {
      const share = amount * (row[r] as bigint);
      numerators.push(inWhole ? share * (measured[r] as bigint) : share);
    }
  }
  const parts = spreadRounded(numerators, inWhole ? rates.denominator * total : rates.denominator);

  const cells: Cell[] = [];
  let points = 0n;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as bigint;
    if (part === 0n) continue;
    points += part;
    const rule = rules[fired[i % fired.length] as number]!;
    cells.push({ line: ordinals[Math.floor(i / fired.length)] as number, rule: rule.id, points: Number(part) });
  }
  if (points > Number.MAX_SAFE_INTEGER) return { points: 0, cells: [], notFired: [], reason: 'too_many_points' };
  return { points: Number(points), cells, notFired };
}
