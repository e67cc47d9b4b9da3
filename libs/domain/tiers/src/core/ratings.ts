import type { PurchaseRating, ReturnRating } from '@loyalty/contracts';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { eligibleOf } from './eligible.ts';
import type { PurchaseFact, ReturnFact } from './facts.ts';
import type { History, Outcome } from './history.ts';
import { formatMicros } from './micros.ts';
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
  const { points, cells, notFired } = covered ? ratedAt(fact, version, tier) : NOTHING;
  return {
    purchase: { source: fact.source, id: fact.id },
    at: formatInstant(fact.time),
    program,
    version: version.version,
    tier: version.tiers.ladder[tier]!.id,
    points,
    cells: cells as PurchaseRating['cells'],
    eligible: formatMicros(total),
    ...terms(version, fact.time),
    ...(covered ? undefined : { reason: 'currency_not_covered' }),
    ...(notFired.length > 0 ? { notFired: notFired as PurchaseRating['notFired'] } : undefined),
    ...said(fact),
    lines: fact.basis.lines.map((line, i) => ({ ...bare(line), eligible: formatMicros(amounts[i] as bigint) })),
  };
}

/** A purchase that earns nothing, and why: `no_version_in_force`, `voided`, `other_program`. */
export function withoutPoints(fact: PurchaseFact, program: string, reason: string): PurchaseRating {
  const at = formatInstant(fact.time);
  return {
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
    ...said(fact),
    lines: fact.basis.lines.map((line) => ({ ...bare(line), eligible: '0' })),
  };
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

function terms({ zone, points }: ProgramVersion, at: EpochMs) {
  const { activeFrom, expiresAt } = termsOf(zone, at, points);
  return {
    activeFrom: formatInstant(activeFrom),
    expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
    shortfall: points.shortfall,
  };
}

/** What the document said, as the rating carries it. */
function said({ basis }: PurchaseFact) {
  return {
    currency: basis.currency,
    ...(basis.named === undefined ? undefined : { named: basis.named }),
    ...(basis.discount === undefined ? undefined : { discount: basis.discount }),
    ...(basis.tenders?.length ? { tenders: basis.tenders as { type: string; amount: string }[] } : undefined),
  };
}

function bare({ line, kind, quantity, amount, tax }: PurchaseFact['basis']['lines'][number]) {
  return {
    line,
    ...(kind === undefined || kind === 'goods' ? undefined : { kind }),
    quantity,
    amount,
    ...(tax === undefined ? undefined : { tax }),
  };
}
