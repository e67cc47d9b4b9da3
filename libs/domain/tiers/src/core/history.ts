import { eligibleTotal } from './eligible.ts';
import type { Fact, OpeningFact, PurchaseFact, ReturnFact } from './facts.ts';
import type { ProgramVersion } from './program.ts';
import type { Programs } from './programs.ts';
import { takenBack, type TakenBack } from './reversal.ts';
import { TierTimeline } from './tier-timeline.ts';

/** What a member's facts amount to: the tier every purchase is rated at, and the course of tiers by program. */
export interface History {
  /** In fact order. */
  readonly facts: readonly Fact[];
  readonly outcomes: ReadonlyMap<PurchaseFact, Outcome>;
  /** What each return takes back from which purchase, in fact order of the returns of a purchase. */
  readonly takenBack: readonly TakenBack[];
  readonly timelines: Map<string, TierTimeline>;
  /** The place of a purchase in its program's timeline. */
  readonly items: Map<PurchaseFact, number>;
}

export interface Outcome {
  readonly program: string;
  readonly version: ProgramVersion | null;
  /** Rank of the tier it is rated at; null without a version. */
  readonly tier: number | null;
}

/** The one function that matters: the state of a member as a fold over the facts in fact order. */
export function foldHistory(ordered: readonly Fact[], programs: Programs): History {
  const outcomes = new Map<PurchaseFact, Outcome>();
  const timelines = new Map<string, TierTimeline>();
  const taken = takenBack(ordered, programs);
  const takenOf = Map.groupBy(taken, (entry) => entry.purchase);
  const takenBy = Map.groupBy(taken, (entry) => entry.by);
  const items = new Map<PurchaseFact, number>();

  // Most purchases come out like the one before them, and share its outcome.
  let latest: Outcome = { program: '', version: null, tier: null };

  function timelineOf(program: string): TierTimeline {
    let timeline = timelines.get(program);
    if (!timeline) timelines.set(program, (timeline = new TierTimeline(programs.versionsOf(program))));
    return timeline;
  }

  function addPurchase(fact: PurchaseFact): void {
    const program = programs.of(fact.source, fact.named, fact.time);
    const version = programs.inForce(program, fact.time);
    const timeline = timelineOf(program);
    const tier = timeline.advance(fact.time);
    if (latest.program !== program || latest.version !== version || latest.tier !== tier)
      latest = { program, version, tier };
    outcomes.set(fact, latest);
    let net = version ? eligibleTotal(fact, version) : 0n;
    // A till whose clock is behind can return what was not yet bought by own time.
    for (const entry of takenOf.get(fact) ?? []) if (seen.has(entry.by)) net -= entry.eligible;
    items.set(fact, timeline.size);
    timeline.addPurchase(fact.time, net);
  }

  const seen = new Set<ReturnFact>();
  function addReturn(fact: ReturnFact): void {
    seen.add(fact);
    timelineOf(programs.of(fact.source, fact.named, fact.time)).advance(fact.time);
    for (const [program, entries] of Map.groupBy(
      takenBy.get(fact) ?? [],
      (entry) => outcomes.get(entry.purchase)?.program,
    )) {
      if (program === undefined) continue;
      const timeline = timelineOf(program);
      timeline.advance(fact.time);
      timeline.takeBack(
        fact.time,
        new Map(entries.map((entry) => [items.get(entry.purchase) as number, entry.eligible])),
      );
    }
  }

  function addOpening(fact: OpeningFact): void {
    const timeline = timelineOf(fact.source);
    timeline.advance(fact.time);
    timeline.open(fact.time, fact);
  }

  for (const fact of ordered) {
    if (fact.part === 'purchase') addPurchase(fact);
    else if (fact.part === 'return') addReturn(fact);
    else addOpening(fact);
  }
  return { facts: ordered, outcomes, takenBack: taken, timelines, items };
}
