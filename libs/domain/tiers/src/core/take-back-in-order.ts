import type { NewEvent } from '@loyalty/kernel';
import { courseAfter, tierChanges } from './consequences.ts';
import { documentKey, inFactOrder, type Fact, type PurchaseFact, type ReturnFact } from './facts.ts';
import type { History, Outcome } from './history.ts';
import { foldOf, type MemberState } from './member-state.ts';
import type { Programs } from './programs.ts';
import { returnRatings } from './ratings.ts';
import { takenBack } from './reversal.ts';
import { TierTimeline } from './tier-timeline.ts';

/**
 * The events of a return that comes after all known facts: it changes no rating and no other return, and of the tiers only what
 * follows. Costs what lies between the purchase and the return, not the whole history. Null where it must be worked out the
 * long way: it touches another program, or a purchase nobody knows.
 */
export function takeBackInOrder(
  fact: ReturnFact,
  facts: readonly Fact[],
  state: MemberState,
  programs: Programs,
): NewEvent[] | null {
  const program = programs.of(fact.source, fact.named, fact.time);
  const { timelines, items } = foldOf(state);
  const wanted = new Set(fact.matches.map(({ source, id }) => documentKey(source, id)));
  const touched = purchasesOf(facts, wanted);
  if (touched.length !== wanted.size) return null;
  if (touched.some(({ source, named, time }) => programs.of(source, named, time) !== program)) return null;

  const before =
    wanted.size > 0
      ? facts.filter(
          (known) =>
            known.part === 'return' && known.matches.some((match) => wanted.has(documentKey(match.source, match.id))),
        )
      : [];
  const taken = takenBack(inFactOrder([...touched, ...before, fact]), programs).filter(({ by }) => by === fact);
  const outcomes = new Map(touched.map((purchase) => [purchase, outcomeOf(purchase, program, programs)]));
  const history: History = { facts: [fact], outcomes, takenBack: taken, timelines, items };
  const rating = returnRatings(history, () => program)
    .get(fact)
    ?.get(program);
  if (!rating) return null;

  const amounts = new Map(taken.map(({ purchase, eligible }) => [items.get(purchase) as number, eligible]));
  const timeline = timelines.get(program) ?? new TierTimeline(programs.versionsOf(program));
  const certain = timeline.previewTakeBack(fact.time, amounts);
  const standing = state.courses.get(program) ?? [];
  const course = courseAfter(standing, certain);
  const data = course ? { ...rating, course } : rating;
  const events: NewEvent[] = [{ type: 'return.rated.v1', time: fact.time, data }];
  if (course)
    events.push(...tierChanges(program, standing, certain, fact.time, { kind: 'return' }, programs, fact.time));
  state.decided = { part: 'return', fact, rating, amounts, course: certain };
  return events;
}

function purchasesOf(facts: readonly Fact[], wanted: ReadonlySet<string>): PurchaseFact[] {
  if (wanted.size === 0) return [];
  return facts.filter(
    (fact): fact is PurchaseFact => fact.part === 'purchase' && wanted.has(documentKey(fact.source, fact.id)),
  );
}

/** As the log says it was rated. */
function outcomeOf({ verdict, time }: PurchaseFact, program: string, programs: Programs): Outcome {
  const version = programs.inForce(program, time);
  const tier = version && verdict ? version.tiers.ladder.findIndex(({ id }) => id === verdict.tier) : -1;
  return { program, version, tier: tier < 0 ? null : tier };
}
