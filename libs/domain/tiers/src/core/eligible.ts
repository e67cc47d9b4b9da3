import type { Basis, BasisLine } from './basis.ts';
import type { PurchaseFact } from './facts.ts';
import { parseMicros, type Micros } from './micros.ts';
import type { Eligible, ProgramVersion } from './program.ts';
import { spreadByWeight } from './spread.ts';

const HUNDREDTH = 10_000n;

/**
 * What of each line earns and qualifies, never below 0. The basket's discount and the tenders that do not earn lie on the
 * goods lines by amount, in hundredths (millionths, where a line's amount is no whole number of hundredths); what goods cannot
 * carry lies on the other lines.
 */
export function eligibleAmounts(basis: Basis, eligible: Eligible): Micros[] {
  const gross = basis.lines.map((line) => positive(parseMicros(line.amount)));
  const net = basis.discount ? lessened(gross, basis.lines, parseMicros(basis.discount)) : gross;
  const unearning = basis.tenders ? unearningTenders(basis.tenders, eligible) : 0n;
  const paid = unearning === 0n ? net : lessened(net, basis.lines, unearning);
  return basis.lines.map((line, i) => {
    if (!counts(line, eligible)) return 0n;
    const amount = paid[i] as Micros;
    return eligible.tax || !line.tax ? amount : lessTax(amount, gross[i] as Micros, parseMicros(line.tax));
  });
}

/** Eligible amounts under a version; nothing in another currency. Remembered with the fact. */
export function eligibleOf(fact: PurchaseFact, version: ProgramVersion): { amounts: readonly Micros[]; total: Micros } {
  if (fact.eligible?.version === version.version) return fact.eligible;
  const { basis } = fact;
  const amounts =
    basis.currency === version.currency ? eligibleAmounts(basis, version.eligible) : basis.lines.map(() => 0n);
  let total = 0n;
  for (const amount of amounts) total += amount;
  fact.eligible = { version: version.version, amounts, total };
  return fact.eligible;
}

/** The sum of them. Taken from the rating that stands where that is of this version. */
export function eligibleTotal(fact: PurchaseFact, version: ProgramVersion): Micros {
  const { total, verdict } = fact;
  return total !== undefined && verdict?.version === version.version ? total : eligibleOf(fact, version).total;
}

function counts(line: BasisLine, eligible: Eligible): boolean {
  switch (line.kind) {
    case undefined:
    case 'goods':
    case 'fee':
      return true;
    case 'delivery':
      return eligible.delivery;
    case 'giftCard':
      return eligible.giftCardsBought;
  }
}

function unearningTenders(tenders: NonNullable<Basis['tenders']>, eligible: Eligible): Micros {
  let sum = 0n;
  for (const { type, amount } of tenders) {
    if (type === 'giftCard' ? !eligible.paidWithGiftCard : type === 'points' && !eligible.paidWithPoints)
      sum += parseMicros(amount);
  }
  return sum;
}

/** Takes `total` off the goods lines by amount; what they cannot carry comes off the other lines. */
function lessened(amounts: readonly Micros[], lines: readonly BasisLine[], total: Micros): Micros[] {
  const goods = amounts.map((amount, i) => (isGoods(lines[i] as BasisLine) ? amount : 0n));
  const onGoods = spreadWithin(total, goods);
  const rest = total - sum(onGoods);
  const onOthers =
    rest > 0n
      ? spreadWithin(
          rest,
          amounts.map((amount, i) => amount - (goods[i] as Micros)),
        )
      : undefined;
  return amounts.map((amount, i) => amount - (onGoods[i] as Micros) - (onOthers?.[i] ?? 0n));
}

function spreadWithin(total: Micros, amounts: readonly Micros[]): Micros[] {
  const most = sum(amounts);
  const taken = total < most ? total : most;
  const inHundredths = taken % HUNDREDTH === 0n && amounts.every((amount) => amount % HUNDREDTH === 0n);
  return spreadByWeight(taken, amounts, inHundredths ? HUNDREDTH : 1n);
}

/** The tax a line contains shrinks with what is left of the line. */
function lessTax(amount: Micros, gross: Micros, tax: Micros): Micros {
  if (gross === 0n) return 0n;
  return positive(amount - (amount === gross ? tax : (tax * amount) / gross));
}

const isGoods = (line: BasisLine): boolean => line.kind === undefined || line.kind === 'goods';
const positive = (value: Micros): Micros => (value > 0n ? value : 0n);
const sum = (values: readonly Micros[]): Micros => values.reduce((total, value) => total + value, 0n);
