import type { LineMatch } from '@loyalty/contracts';
import { formatInstant, refusal, type EpochMs, type NewEvent, type Refusal } from '@loyalty/kernel';
import type { OpenTier, TiersAnswer, TiersInput } from './commands.ts';
import { consequences, courseAfter, tierChanges, type Cause } from './consequences.ts';
import { eligibleOf } from './eligible.ts';
import { compareFacts, type Fact, type OpeningFact, type PurchaseFact, type ReturnFact } from './facts.ts';
import { foldHistory } from './history.ts';
import { foldOf, insertFact, type MemberState } from './member-state.ts';
import type { Programs } from './programs.ts';
import { purchaseRating } from './ratings.ts';
import { takeBackInOrder } from './take-back-in-order.ts';
import { TierTimeline } from './tier-timeline.ts';

export type TiersDecision =
  | { readonly kind: 'accepted'; readonly events: readonly NewEvent[]; readonly answer: TiersAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly keep: boolean }
  | { readonly kind: 'insufficient' };

const INSUFFICIENT: TiersDecision = { kind: 'insufficient' };
const NOTHING: TiersDecision = { kind: 'accepted', events: [], answer: null };

/** What a fact or command means for a member. A purchase after all known facts is O(1); anything else folds the facts again. */
export function decide(input: TiersInput, state: MemberState, programs: Programs): TiersDecision {
  const known = state.settled && state.programs === programs;
  state.decided = null;
  switch (input.kind) {
    case 'purchase': {
      const fact: PurchaseFact = {
        part: 'purchase',
        time: input.at,
        source: input.source,
        id: input.id,
        named: input.basis.named,
        basis: input.basis,
        standing: null,
        verdict: null,
      };
      if (known && (!state.last || compareFacts(state.last, fact) < 0)) return rateInOrder(fact, state, programs);
      return withFacts(state, (facts) =>
        added(facts, fact, programs, state, { kind: 'purchase', source: fact.source, id: fact.id }),
      );
    }
    case 'return':
      return withFacts(state, (facts) => {
        const { at: time, source, id, named, mixed, matches } = input;
        const fact: ReturnFact = { part: 'return', time, source, id, named, mixed, matches, standing: new Map() };
        const inOrder = known && (!state.last || compareFacts(state.last, fact) < 0);
        const quick = inOrder ? takeBackInOrder(fact, facts, state, programs) : null;
        if (quick) return { kind: 'accepted', events: quick, answer: null };
        return added(facts, fact, programs, state, { kind: 'return', source, id });
      });
    case 'amended':
      return withFacts(state, (facts) => amended(facts, input.source, input.id, input.matches, programs, state));
    case 'void':
      return withFacts(state, (facts) => {
        const { source, id } = input;
        const gone = facts.filter((fact) => fact.part !== 'opening' && fact.source === source && fact.id === id);
        if (gone.length === 0 && known) return NOTHING;
        return settled(
          facts.filter((fact) => !gone.includes(fact)),
          gone,
          programs,
          state,
          { kind: 'void', source, id },
        );
      });
    case 'rerate':
      if (known) return NOTHING;
      return withFacts(state, (facts) => settled(facts, [], programs, state, { kind: 'program' }));
    case 'openTier': {
      const wrong = refuseOpening(input, programs);
      // Not kept as the answer: a file of tiers may come before its program is published, and is then sent again.
      if (wrong) return { kind: 'refused', refusal: wrong, keep: false };
      return withFacts(state, (facts) => opened(facts, input, programs, state));
    }
  }
}

function withFacts(state: MemberState, decideOn: (facts: readonly Fact[]) => TiersDecision): TiersDecision {
  return state.facts ? decideOn(state.facts) : INSUFFICIENT;
}

/** The fast path: nothing known comes after this purchase, so nothing known changes. */
function rateInOrder(fact: PurchaseFact, state: MemberState, programs: Programs): TiersDecision {
  const program = programs.of(fact.source, fact.named, fact.time);
  const version = programs.inForce(program, fact.time);
  const timeline = foldOf(state).timelines.get(program) ?? new TierTimeline(programs.versionsOf(program));
  const eligible = version ? eligibleOf(fact, version).total : 0n;
  const { tier, course: certain } = timeline.preview(fact.time, eligible);
  const rating = purchaseRating(fact, { program, version, tier });
  const standing = state.courses.get(program) ?? [];
  const course = courseAfter(standing, certain);
  const data = course ? { ...rating, course } : rating;
  const events: NewEvent[] = [{ type: 'purchase.rated.v1', time: fact.time, data }];
  if (course)
    events.push(...tierChanges(program, standing, certain, fact.time, { kind: 'purchase' }, programs, fact.time));
  // A result remembered, no decision taken: evolve recognises the event that carries it.
  state.decided = { part: 'purchase', fact, rating, eligible, course: certain };
  return { kind: 'accepted', events, answer: null };
}

function added(
  facts: readonly Fact[],
  fact: Fact,
  programs: Programs,
  state: MemberState,
  cause: Cause,
): TiersDecision {
  const twice = facts.some((known) => known.part === fact.part && known.source === fact.source && known.id === fact.id);
  if (twice) return NOTHING;
  return settled(withFact(facts, fact), [], programs, state, cause, fact.time);
}

function amended(
  facts: readonly Fact[],
  source: string,
  id: string,
  matches: readonly LineMatch[],
  programs: Programs,
  state: MemberState,
): TiersDecision {
  const next = facts.map((fact) =>
    fact.part === 'return' && fact.source === source && fact.id === id ? { ...fact, matches } : fact,
  );
  return settled(next, [], programs, state, { kind: 'amended', source, id });
}

function opened(facts: readonly Fact[], input: OpenTier, programs: Programs, state: MemberState): TiersDecision {
  const { program, tier, since, keepUntil, reference } = input;
  const fact: OpeningFact = {
    part: 'opening',
    time: since,
    source: program,
    id: reference,
    tier,
    keepUntil,
    recorded: false,
  };
  const decision = added(facts, fact, programs, state, { kind: 'opening', id: reference });
  const answer = { program, tier, since: formatInstant(since), keepUntil: formatInstant(keepUntil) };
  return decision.kind === 'accepted' ? { ...decision, answer } : decision;
}

function refuseOpening({ program, tier, since, keepUntil }: OpenTier, programs: Programs): Refusal | null {
  const version = programs.inForce(program, since);
  if (programs.versionsOf(program).length === 0)
    return refusal('unknown_program', `There is no program ${program}.`, { pointer: '/program' });
  if (!version)
    return refusal('no_version_in_force', `No version of ${program} is in force at ${formatInstant(since)}.`, {
      pointer: '/since',
    });
  if (!version.tiers.ladder.some((step) => step.id === tier))
    return refusal('unknown_tier', `${program} has no tier ${tier}.`, { pointer: '/tier' });
  if (keepUntil < since)
    return refusal('tier_ends_before_it_begins', 'keepUntil lies before since.', { pointer: '/keepUntil' });
  return null;
}

function withFact(facts: readonly Fact[], fact: Fact): Fact[] {
  const all = [...facts];
  insertFact(all, fact);
  return all;
}

/** Folds the facts as they are now, in fact order, and records what is different from what the log says. */
function settled(
  facts: readonly Fact[],
  gone: readonly Fact[],
  programs: Programs,
  state: MemberState,
  cause: Cause,
  own: EpochMs | null = null,
): TiersDecision {
  const history = foldHistory(facts, programs);
  const events = consequences(history, gone, state.courses, programs, cause, own);
  if (events.length === 0 && state.programs === programs) state.settled = true;
  return { kind: 'accepted', events, answer: null };
}
