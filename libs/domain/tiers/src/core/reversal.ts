import { eligibleOf } from './eligible.ts';
import { documentKey, type Fact, type PurchaseFact, type ReturnFact } from './facts.ts';
import { parseMicros, type Micros } from './micros.ts';
import type { Programs } from './programs.ts';

/** What one return takes of one purchase: amounts that no longer qualify, and how far each line had come back. */
export interface TakenBack {
  readonly by: ReturnFact;
  readonly purchase: PurchaseFact;
  readonly eligible: Micros;
  readonly lines: readonly {
    readonly line: number;
    readonly bought: Micros;
    readonly before: Micros;
    readonly after: Micros;
  }[];
}

/**
 * Returned quantities by purchase line, the returns of a line in fact order. Of what a line is worth, floor(worth × returned ÷
 * bought) has been taken back so far; each return takes the difference, so that parts add up to the whole.
 * A match to a purchase that is not among the facts takes nothing.
 */
export function takenBack(ordered: readonly Fact[], programs: Programs): TakenBack[] {
  const returns = ordered.filter((fact): fact is ReturnFact => fact.part === 'return' && fact.matches.length > 0);
  if (returns.length === 0) return [];
  const purchases = new Map<string, PurchaseFact>();
  for (const fact of ordered) if (fact.part === 'purchase') purchases.set(documentKey(fact.source, fact.id), fact);
  const soFar = new Map<PurchaseFact, Map<number, Micros>>();
  return returns.flatMap((by) =>
    [...Map.groupBy(by.matches, (match) => purchases.get(documentKey(match.source, match.id)))].flatMap(
      ([purchase, matches]) => {
        if (!purchase) return [];
        let returned = soFar.get(purchase);
        if (!returned) soFar.set(purchase, (returned = new Map()));
        return [takeFrom(by, purchase, matches, returned, programs)];
      },
    ),
  );
}

function takeFrom(
  by: ReturnFact,
  purchase: PurchaseFact,
  matches: ReturnFact['matches'],
  returned: Map<number, Micros>,
  programs: Programs,
): TakenBack {
  const version = programs.inForce(programs.of(purchase.source, purchase.named, purchase.time), purchase.time);
  const amounts = version && eligibleOf(purchase, version).amounts;
  let eligible = 0n;
  const lines = [];
  for (const [line, ofLine] of Map.groupBy(matches, (match) => match.line)) {
    const index = purchase.basis.lines.findIndex((candidate) => candidate.line === line);
    if (index < 0) continue;
    const bought = parseMicros(purchase.basis.lines[index]!.quantity);
    const before = returned.get(line) ?? 0n;
    let after = before;
    for (const match of ofLine) after += parseMicros(match.quantity);
    if (after > bought) after = bought;
    returned.set(line, after);
    const worth = amounts ? (amounts[index] as Micros) : 0n;
    eligible += share(worth, after, bought) - share(worth, before, bought);
    lines.push({ line, bought, before, after });
  }
  lines.sort((a, b) => a.line - b.line);
  return { by, purchase, eligible, lines };
}

/** floor(worth × part ÷ whole). */
export function share(worth: bigint, part: Micros, whole: Micros): bigint {
  return whole === 0n ? 0n : (worth * part) / whole;
}
