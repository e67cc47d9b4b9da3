/**
 * `total` in parts proportional to the weights, each a whole number of `unit`; what is left after cutting down goes to the
 * largest remainders, ties to the earlier part. `total` must be a multiple of `unit`. All weights 0: all parts 0.
 */
export function spreadByWeight(total: bigint, weights: readonly bigint[], unit: bigint): bigint[] {
  let sum = 0n;
  for (const weight of weights) sum += weight;
  if (sum === 0n || total === 0n) return weights.map(() => 0n);
  const units = total / unit;
  const shares = spreadRounded(
    weights.map((weight) => units * weight),
    sum,
  );
  return shares.map((share) => share * unit);
}

/**
 * Fractions with a common denominator, rounded so that their sum is the sum of the fractions rounded down once:
 * each is cut down and what is missing goes, one each, to the largest remainders, ties to the earlier one.
 */
export function spreadRounded(numerators: readonly bigint[], denominator: bigint): bigint[] {
  const parts: bigint[] = new Array(numerators.length);
  const remainders: bigint[] = new Array(numerators.length);
  let rest = 0n;
  for (let i = 0; i < numerators.length; i++) {
    const numerator = numerators[i] as bigint;
    const part = numerator / denominator;
    const remainder = numerator - part * denominator;
    parts[i] = part;
    remainders[i] = remainder;
    rest += remainder;
  }
  const missing = Number(rest / denominator);
  if (missing === 0) return parts;
  const byRemainder = remainders.map((_, i) => i);
  byRemainder.sort((a, b) => {
    const x = remainders[a] as bigint;
    const y = remainders[b] as bigint;
    return x === y ? a - b : x > y ? -1 : 1;
  });
  for (let i = 0; i < missing; i++) {
    const cell = byRemainder[i] as number;
    parts[cell] = (parts[cell] as bigint) + 1n;
  }
  return parts;
}
