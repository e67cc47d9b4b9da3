import type { Fraction, Rule, Tier } from './program.ts';
import type { Micros } from './micros.ts';

/** A version's rules as whole numbers: what a rule gives for `amount` at a tier is amount × rate ÷ denominator, exactly. */
export interface Rates {
  readonly denominator: bigint;
  /** By tier rank, then rule in file order. */
  readonly byTier: readonly (readonly bigint[])[];
  /** By rule: count only whole multiples of this amount of the purchase; 0 = count all of it. */
  readonly wholeUnits: readonly Micros[];
}

/** `multiply` must name an earlier `perAmount` rule; the program reader has seen to that. */
export function prepareRates(rules: readonly Rule[], ladder: readonly Tier[]): Rates {
  const wholeUnits = rules.map((rule) => {
    const award = awardBehind(rules, rule);
    return award.wholeUnits ? award.per : 0n;
  });
  const fractions = ladder.map((tier) => rules.map((rule) => rateOf(rules, rule, tier.id)));
  const denominator = fractions
    .flat()
    .reduce((common, fraction) => leastCommonMultiple(common, fraction.denominator), 1n);
  const byTier = fractions.map((row) => row.map((rate) => rate.numerator * (denominator / rate.denominator)));
  return { denominator, byTier, wholeUnits };
}

type PerAmount = Extract<Rule, { award: 'perAmount' }>;

function awardBehind(rules: readonly Rule[], rule: Rule): PerAmount {
  if (rule.award === 'perAmount') return rule;
  const target = rules.find((candidate) => candidate.id === rule.of);
  if (target?.award !== 'perAmount')
    throw new Error(`rule ${rule.id} multiplies ${rule.of}, which awards no points per amount`);
  return target;
}

function rateOf(rules: readonly Rule[], rule: Rule, tier: string): Fraction {
  const award = awardBehind(rules, rule);
  const perMicro = reduced(award.points.numerator, award.points.denominator * award.per);
  if (rule.award === 'perAmount') return perMicro;
  const by = rule.by.get(tier) ?? { numerator: 0n, denominator: 1n };
  return reduced(perMicro.numerator * by.numerator, perMicro.denominator * by.denominator);
}

function reduced(numerator: bigint, denominator: bigint): Fraction {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b;
}
