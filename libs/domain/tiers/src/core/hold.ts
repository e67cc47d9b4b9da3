import { addPeriod, type EpochMs } from '@loyalty/kernel';
import type { Micros } from './micros.ts';
import type { ProgramVersion, Tier } from './program.ts';

/** A tier as held: which one, by which version, and how long it is safe. Never changed in place. */
export interface Hold {
  /** Index into the program's versions. */
  readonly version: number;
  /** Rank in that version's ladder, 0 = lowest. */
  readonly tier: number;
  readonly keepUntil: EpochMs;
  /** When the running grace ends; null = none runs. */
  readonly graceEnd: EpochMs | null;
}

/** A tier brought along: held from its own instant, safe until `keepUntil`, never lowering a better one. */
export interface Opening {
  readonly tier: string;
  readonly keepUntil: EpochMs;
}

export const tierOf = (rules: ProgramVersion, rank: number): Tier => rules.tiers.ladder[rank] as Tier;
const rankOf = (rules: ProgramVersion, id: string): number => rules.tiers.ladder.findIndex((tier) => tier.id === id);

/** The highest tier whose line an amount meets. */
export function qualifiedBy({ tiers: { ladder } }: ProgramVersion, spent: Micros): number {
  let rank = ladder.length - 1;
  while (rank > 0 && spent < (ladder[rank] as Tier).from) rank--;
  return rank;
}

export function reached(rules: ProgramVersion, version: number, tier: number, at: EpochMs): Hold {
  const keepUntil = tier === 0 ? Number.NEGATIVE_INFINITY : addPeriod(rules.zone, at, rules.tiers.keepFor);
  return { version, tier, keepUntil, graceEnd: null };
}

/** What qualifying does: a higher tier is reached anew; the line of the held one met again ends a running grace. */
export function afterQualifying(hold: Hold, rules: ProgramVersion, qualified: number, at: EpochMs): Hold {
  if (qualified > hold.tier) return reached(rules, hold.version, qualified, at);
  return hold.graceEnd !== null && qualified === hold.tier ? { ...hold, graceEnd: null } : hold;
}

/**
 * A new version judges members at its date: it may lift them; a running keepFor or grace stands. A tier that it knows no more
 * becomes what the window gives.
 */
export function underNewVersion(
  hold: Hold,
  old: ProgramVersion,
  rules: ProgramVersion,
  qualified: number,
  at: EpochMs,
): Hold {
  const tier = rankOf(rules, tierOf(old, hold.tier).id);
  const version = hold.version + 1;
  if (qualified > tier) return reached(rules, version, qualified, at);
  return { version, tier, keepUntil: hold.keepUntil, graceEnd: qualified === tier ? null : hold.graceEnd };
}

/** Neither keepFor nor the window holds the tier any more: the grace begins. */
export function intoGrace(hold: Hold, rules: ProgramVersion, at: EpochMs): Hold {
  return { ...hold, graceEnd: addPeriod(rules.zone, at, rules.tiers.grace) };
}

/** The grace is over: one step down with a fresh keepFor, or down to what the window gives and without one. */
export function afterGrace(hold: Hold, rules: ProgramVersion, qualified: number, at: EpochMs): Hold {
  if (rules.tiers.downgrade === 'oneStep') return { ...reached(rules, hold.version, 1, at), tier: hold.tier - 1 };
  return { version: hold.version, tier: Math.min(qualified, hold.tier - 1), keepUntil: at, graceEnd: null };
}

export function afterOpening(hold: Hold, rules: ProgramVersion, { tier: id, keepUntil }: Opening): Hold {
  const tier = rankOf(rules, id);
  if (tier < hold.tier) return hold;
  const safe = tier === hold.tier ? Math.max(hold.keepUntil, keepUntil) : keepUntil;
  return { version: hold.version, tier, keepUntil: safe, graceEnd: null };
}
