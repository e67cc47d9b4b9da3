import type { PurchaseRating, ReturnRating } from '@loyalty/contracts';
import { formatInstant } from '@loyalty/kernel';
import type { Basis, BasisLine } from './basis.ts';
import { eligibleOf } from './eligible.ts';
import type { PurchaseFact, ReturnFact } from './facts.ts';
import type { History, Outcome } from './history.ts';
import { formatMicros, type Micros } from './micros.ts';
import type { ProgramVersion } from './program.ts';
import { ratePurchase, type Rated } from './rating.ts';
import { share, type TakenBack } from './reversal.ts';
import { termsOf } from './terms.ts';

const NOTHING: Rated = { points: 0, cells: [], notFired: [] };

/** The rating of a purchase as it goes into the log. */
export function purchaseRating(fact: PurchaseFact, outcome: Outcome): PurchaseRating {
  const { program, version, tier } = outcome;
  if (!version || tier === null) return withoutPoints(fact, program, 'no_version_in_force');
  const { amounts, total } = eligibleOf(fact, version);
  const covered = fact.basis.currency === version.currency;
  const { points, cells, notFired, reason } = covered ? ratedAt(fact, version, tier) : NOTHING;
  const { activeFrom, expiresAt, inactivity } = termsOf(version.zone, fact.time, version.points);
  const rating: PurchaseRating = {
    purchase: { source: fact.source, id: fact.id },
    at: formatInstant(fact.time),
    program,
    version: version.version,
    tier: version.tiers.ladder[tier]!.id,
    points,
    cells: cells as PurchaseRating['cells'],
    eligible: formatMicros(total),
    activeFrom: formatInstant(activeFrom),
    expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
    shortfall: version.points.shortfall,
    currency: fact.basis.currency,
    lines: fact.basis.lines.map((line, i) => ratedLine(line, amounts[i] as Micros)),
  };
  if (inactivity) rating.inactivity = inactivity;
  if (!covered) rating.reason = 'currency_not_covered';
  else if (reason !== undefined) rating.reason = reason;
  if (notFired.length > 0) rating.notFired = notFired as NonNullable<PurchaseRating['notFired']>;
  return saying(rating, fact.basis);
}

/** A purchase that earns nothing, and why: `no_version_in_force`, `voided`, `other_program`. */
export function withoutPoints(fact: PurchaseFact, program: string, reason: string): PurchaseRating {
  const at = formatInstant(fact.time);
  const rating: PurchaseRating = {
    purchase: { source: fact.source, id: fact.id },
    at,
    program,
    version: null,
    tier: null,
    points: 0,
    cells: [],
    eligible: '0',
    activeFrom: at,
    expiresAt: null,
    shortfall: 'owe',
    reason,
    currency: fact.basis.currency,
    lines: fact.basis.lines.map((line) => ratedLine(line, 0n)),
  };
  return saying(rating, fact.basis);
}

/** What a return takes back, by program of the purchases it touches; by its own program where it touches none. */
export function returnRatings(
  history: History,
  own: (fact: ReturnFact) => string,
): Map<ReturnFact, Map<string, ReturnRating>> {
  const ratings = new Map<ReturnFact, Map<string, ReturnRating>>();
  const takenBy = Map.groupBy(history.takenBack, (entry) => entry.by);
  for (const fact of history.facts) {
    if (fact.part !== 'return') continue;
    const byProgram = Map.groupBy(takenBy.get(fact) ?? [], (entry) => history.outcomes.get(entry.purchase)!.program);
    if (byProgram.size === 0) byProgram.set(own(fact), []);
    ratings.set(
      fact,
      new Map([...byProgram].map(([program, entries]) => [program, returnRating(fact, program, entries, history)])),
    );
  }
  return ratings;
}

function returnRating(
  fact: ReturnFact,
  program: string,
  entries: readonly TakenBack[],
  history: History,
): ReturnRating {
  return {
    return: { source: fact.source, id: fact.id },
    at: formatInstant(fact.time),
    program,
    ...(fact.named === undefined ? undefined : { named: fact.named }),
    ...(fact.mixed ? { mixed: true } : undefined),
    reversals: entries.map((entry) => reversal(entry, history.outcomes.get(entry.purchase)!)),
    matches: fact.matches as ReturnRating['matches'],
  };
}

function reversal(entry: TakenBack, { version, tier }: Outcome): ReturnRating['reversals'][number] {
  const { purchase } = entry;
  const covered = version && tier !== null && purchase.basis.currency === version.currency;
  const cells = covered ? ratedAt(purchase, version, tier).cells : [];
  let points = 0;
  const lines = [];
  for (const { line, bought, before, after } of entry.lines) {
    let worth = 0n;
    for (const cell of cells) if (cell.line === line) worth += BigInt(cell.points);
    const taken = Number(share(worth, after, bought) - share(worth, before, bought));
    points += taken;
    if (taken !== 0) lines.push({ line, points: taken });
  }
  return {
    purchase: { source: purchase.source, id: purchase.id },
    points,
    eligible: formatMicros(entry.eligible),
    lines,
  };
}

function ratedAt(fact: PurchaseFact, version: ProgramVersion, tier: number): Rated {
  if (fact.rated?.version === version.version && fact.rated.tier === tier) return fact.rated.result;
  const ordinals = fact.basis.lines.map((line) => line.line);
  const result = ratePurchase(version, tier, ordinals, eligibleOf(fact, version).amounts);
  fact.rated = { version: version.version, tier, result };
  return result;
}

/** Adds what else the document said. Fields are set one by one: this runs for every purchase, and spreads cost three times as much. */
function saying(rating: PurchaseRating, { named, discount, tenders }: Basis): PurchaseRating {
  if (named !== undefined) rating.named = named;
  if (discount !== undefined) rating.discount = discount;
  if (tenders?.length) rating.tenders = tenders as NonNullable<PurchaseRating['tenders']>;
  return rating;
}

function ratedLine(
  { line, kind, quantity, amount, tax }: BasisLine,
  eligible: Micros,
): PurchaseRating['lines'][number] {
  const rated: PurchaseRating['lines'][number] = { line, quantity, amount, eligible: formatMicros(eligible) };
  if (kind !== undefined && kind !== 'goods') rated.kind = kind;
  if (tax !== undefined) rated.tax = tax;
  return rated;
}
