import type {
  PurchaseRating,
  RatingCorrected,
  ReturnRated,
  TierChanged,
  TierCourse,
  TierOpened,
} from '@loyalty/contracts';
import { parseInstant, type EpochMs, type StoredEvent } from '@loyalty/kernel';
import { courseFrom, isRatedAs } from './consequences.ts';
import { compareFacts, type Fact, type OpeningFact, type PurchaseFact, type ReturnFact } from './facts.ts';
import { foldHistory } from './history.ts';
import { insertFact, lighten, placeOf, timelineOf, type MemberState } from './member-state.ts';
import { loggedAs, readLogged } from './logged-purchase.ts';
import type { Micros } from './micros.ts';
import { applyCourse, courseChange } from './tier-course.ts';

/** An event as far as a state depends on it: from the writer or read from the log. */
export type LoggedEvent = Pick<StoredEvent, 'type' | 'data'>;

/** The state after an event that this state's decision gave. */
export function evolve(state: MemberState, event: LoggedEvent): MemberState {
  const unsettled = !state.settled;
  const next = apply(state, event);
  next.settled = true;
  if (unsettled) next.fold = null;
  return next;
}

/** A state from a member's own events, in order of position. Whether it is settled is found out by folding. */
export function stateFromLog(state: MemberState, events: Iterable<LoggedEvent>): MemberState {
  for (const event of events) {
    state.fold = null;
    apply(state, event);
  }
  return state;
}

/** Settles a state read from the log if the facts amount to what it says, and then drops the facts. */
export function lightenIfSettled(state: MemberState): MemberState {
  const facts = state.facts as Fact[];
  const history = foldHistory(facts, state.programs);
  state.fold = { timelines: history.timelines, items: history.items };
  state.settled =
    [...history.outcomes].every(
      ([{ verdict }, { program, version, tier }]) => verdict !== null && isRatedAs(verdict, program, version, tier),
    ) &&
    [...new Set([...state.courses.keys(), ...history.timelines.keys()])].every(
      (program) =>
        !courseChange(state.courses.get(program) ?? [], history.timelines.get(program)?.certainCourse() ?? []),
    );
  if (!state.settled) state.fold = null;
  return state.settled ? lighten(state) : state;
}

function apply(state: MemberState, event: LoggedEvent): MemberState {
  switch (event.type) {
    case 'purchase.rated.v1':
      return purchaseRated(state, event.data);
    case 'return.rated.v1':
      return returnRated(state, event.data);
    case 'rating.corrected.v1':
      return ratingCorrected(state, JSON.parse(event.data) as RatingCorrected);
    case 'tier.opened.v1':
      return tierOpened(state, JSON.parse(event.data) as TierOpened);
    case 'tier.changed.v1': {
      const { program, course } = JSON.parse(event.data) as TierChanged;
      setCourse(state, program, course);
      return state;
    }
    default:
      throw new Error(`a member's state cannot take ${event.type}`);
  }
}

function setCourse(state: MemberState, program: string, course: TierCourse | undefined): void {
  if (course) state.courses.set(program, applyCourse(state.courses.get(program) ?? [], courseFrom(course)));
}

const instant = (text: string): EpochMs => parseInstant(text) as EpochMs;

function purchaseRated(state: MemberState, data: string): MemberState {
  const { decided } = state;
  state.decided = null;
  if (decided?.part === 'purchase' && isAbout('purchase', decided.fact, data)) {
    const { fact, rating, eligible, course } = decided;
    if (course !== state.courses.get(rating.program)) state.courses.set(rating.program, course);
    return withPurchase(state, state.facts ? loggedAs(data, rating, eligible) : fact, rating.program, eligible);
  }
  const { fact, course } = readLogged(data, state.last?.part === 'purchase' ? state.last.verdict : null);
  setCourse(state, fact.verdict.program, course);
  return withPurchase(state, fact, fact.verdict.program, fact.total);
}

/** A rating's text begins with its document. */
const isAbout = (part: 'purchase' | 'return', { source, id }: PurchaseFact | ReturnFact, data: string): boolean =>
  data.startsWith(`{"${part}":${JSON.stringify({ source, id })},`);

function withPurchase(state: MemberState, fact: PurchaseFact, program: string, eligible: Micros): MemberState {
  const inOrder = !state.last || compareFacts(state.last, fact) < 0;
  if (inOrder) state.last = state.facts ? fact : placeOf(fact);
  if (state.facts) insertFact(state.facts, fact);
  if (!inOrder || !state.fold) {
    state.fold = null;
    state.streak = 0;
    return state;
  }
  const timeline = timelineOf(state.fold, program, state.programs);
  timeline.advance(fact.time);
  if (state.facts) state.fold.items.set(fact, timeline.size);
  timeline.addPurchase(fact.time, eligible);
  state.streak++;
  if (state.facts && !state.pinned && state.streak >= Math.max(2, state.facts.length / 8)) return lighten(state);
  return state;
}

function returnRated(state: MemberState, data: string): MemberState {
  const { decided } = state;
  state.decided = null;
  if (state.facts && state.fold && decided?.part === 'return' && isAbout('return', decided.fact, data)) {
    const { fact, rating, amounts, course } = decided;
    state.courses.set(rating.program, course);
    const timeline = timelineOf(state.fold, rating.program, state.programs);
    timeline.advance(fact.time);
    timeline.takeBack(fact.time, amounts);
    state.last = { ...fact, standing: new Map([[rating.program, rating]]) };
    state.facts.push(state.last);
    state.streak = 0;
    return state;
  }
  return withReturn(state, JSON.parse(data) as ReturnRated);
}

function withReturn(state: MemberState, rating: ReturnRated): MemberState {
  const { course, ...standing } = rating;
  setCourse(state, rating.program, course);
  const facts = touched(state);
  const { source, id } = rating.return;
  const index = facts.findIndex((fact) => fact.part === 'return' && fact.source === source && fact.id === id);
  const known = facts[index] as ReturnFact | undefined;
  const fact: ReturnFact = {
    part: 'return',
    time: instant(rating.at),
    source,
    id,
    named: rating.named,
    mixed: rating.mixed === true,
    matches: rating.matches,
    standing: new Map([...(known?.standing ?? []), [rating.program, standing]]),
  };
  if (known) facts[index] = fact;
  else insertFact(facts, fact);
  state.last = facts[facts.length - 1] as Fact;
  return state;
}

function ratingCorrected(
  state: MemberState,
  { cause, purchase, return: returned, course }: RatingCorrected,
): MemberState {
  const facts = touched(state);
  if (purchase) {
    setCourse(state, purchase.program, course);
    const { source, id } = purchase.purchase;
    const index = facts.findIndex((fact) => fact.part === 'purchase' && fact.source === source && fact.id === id);
    if (purchase.reason === 'voided') facts.splice(index, 1);
    // What it earned in its former program is gone; its rating in the program it belongs to now follows.
    else if (purchase.reason !== 'other_program') facts[index] = ratedAgain(facts[index] as PurchaseFact, purchase);
  }
  if (returned) {
    setCourse(state, returned.program, course);
    const { source, id } = returned.return;
    const index = facts.findIndex((fact) => fact.part === 'return' && fact.source === source && fact.id === id);
    const known = facts[index] as ReturnFact | undefined;
    if (cause.kind === 'void' && cause.source === source && cause.id === id) {
      if (known) facts.splice(index, 1);
    } else if (known) {
      facts[index] = {
        ...known,
        matches: returned.matches,
        standing: new Map(known.standing).set(returned.program, returned),
      };
    }
  }
  state.last = facts[facts.length - 1] ?? null;
  return state;
}

function tierOpened(state: MemberState, opening: TierOpened): MemberState {
  setCourse(state, opening.program, opening.course);
  const facts = touched(state);
  const { program: source, reference: id, tier } = opening;
  const fact: OpeningFact = {
    part: 'opening',
    time: instant(opening.since),
    source,
    id,
    tier,
    keepUntil: instant(opening.keepUntil),
    recorded: true,
  };
  insertFact(facts, fact);
  state.last = facts[facts.length - 1] as Fact;
  return state;
}

function ratedAgain({ time, source, id, named, basis }: PurchaseFact, rating: PurchaseRating): PurchaseFact {
  return { part: 'purchase', time, source, id, named, basis, standing: rating, verdict: rating };
}

/** The facts, about to change: what was folded from them is no longer true. */
function touched(state: MemberState): Fact[] {
  if (!state.facts) throw new Error('only purchases in order can be applied without the facts');
  state.fold = null;
  state.decided = null;
  state.streak = 0;
  return state.facts;
}
