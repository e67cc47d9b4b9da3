import type { PurchaseRating, ReturnRating } from '@loyalty/contracts';
import { compareFacts, type Fact, type PurchaseFact, type ReturnFact } from './facts.ts';
import { foldHistory } from './history.ts';
import { LoggedPurchase } from './logged-purchase.ts';
import type { Micros } from './micros.ts';
import type { Programs } from './programs.ts';
import type { Course } from './tier-course.ts';
import { TierTimeline } from './tier-timeline.ts';

/**
 * A member as the tiers' log knows it. With its facts anything can be decided; without them (light: a tenth of the memory) only
 * a purchase that comes after all facts known so far. A light state is always settled.
 */
export interface MemberState {
  /** In fact order; null in a light state. */
  facts: Fact[] | null;
  /** The latest fact, whose place the next one is compared with. */
  last: Fact | null;
  /** What all facts amount to; null = not folded yet. */
  fold: Fold | null;
  /** What the log says about tiers, by program, certain steps to come included. */
  readonly courses: Map<string, Course>;
  /** Whether what the log says is what the facts amount to under these programs. A program published late unsettles. */
  settled: boolean;
  readonly programs: Programs;
  /** Must stay as it is: the store asked for the facts and counts on them. */
  readonly pinned: boolean;
  /** Purchases in order since the facts were last needed. */
  streak: number;
  /** What was decided last, so that its own event need not be parsed to be applied. */
  decided: DecidedPurchase | DecidedReturn | null;
}

export interface Fold {
  /** Where tiers stand, by program. */
  readonly timelines: Map<string, TierTimeline>;
  /** The place of a purchase in its program's timeline. Empty in a light state. */
  readonly items: Map<PurchaseFact, number>;
}

/** A purchase after all known facts. */
export interface DecidedPurchase {
  readonly part: 'purchase';
  readonly fact: PurchaseFact;
  readonly rating: PurchaseRating;
  readonly eligible: Micros;
  /** The program's certain course with it. */
  readonly course: Course;
}

/** A return after all known facts. */
export interface DecidedReturn {
  readonly part: 'return';
  readonly fact: ReturnFact;
  readonly rating: ReturnRating;
  /** What it takes out of the timeline, by place. */
  readonly amounts: ReadonlyMap<number, Micros>;
  readonly course: Course;
}

export function emptyState(programs: Programs, pinned: boolean): MemberState {
  return {
    facts: [],
    last: null,
    fold: { timelines: new Map(), items: new Map() },
    courses: new Map(),
    settled: true,
    programs,
    pinned,
    streak: 0,
    decided: null,
  };
}

/** The fold of all facts, made now if need be. */
export function foldOf(state: MemberState): Fold {
  if (!state.fold) {
    const { timelines, items } = foldHistory(state.facts as Fact[], state.programs);
    state.fold = { timelines, items };
  }
  return state.fold;
}

/** The timeline of a program, begun now if need be. */
export function timelineOf({ timelines }: Fold, program: string, programs: Programs): TierTimeline {
  let timeline = timelines.get(program);
  if (!timeline) timelines.set(program, (timeline = new TierTimeline(programs.versionsOf(program))));
  return timeline;
}

/** Drops the facts of a settled state. */
export function lighten(state: MemberState): MemberState {
  const { timelines, items } = foldOf(state);
  for (const timeline of timelines.values()) timeline.forgetPast();
  items.clear();
  state.facts = null;
  if (state.last?.part === 'purchase') state.last = placeOf(state.last);
  return state;
}

const NO_BASIS = { currency: '', lines: [] };

/** All that a light state keeps of a purchase. */
export function placeOf({ time, source, id }: PurchaseFact): PurchaseFact {
  return { part: 'purchase', time, source, id, named: undefined, basis: NO_BASIS, standing: null, verdict: null };
}

export function insertFact(facts: Fact[], fact: Fact): void {
  const last = facts[facts.length - 1];
  if (!last || compareFacts(last, fact) < 0) {
    facts.push(fact);
    return;
  }
  let low = 0;
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareFacts(facts[middle] as Fact, fact) < 0) low = middle + 1;
    else high = middle;
  }
  facts.splice(low, 0, fact);
}

/** Rough bytes, measured on heaps of 100,000 members. */
export function weighState(state: MemberState): number {
  let bytes = 600;
  for (const timeline of state.fold?.timelines.values() ?? []) bytes += 300 + timeline.bytes;
  for (const course of state.courses.values()) bytes += 60 * course.length;
  return bytes + factBytes(state.facts ?? []);
}

/** As many of a member's facts are weighed; the others weigh as much as they on average. */
const WEIGHED = 32;

function factBytes(facts: readonly Fact[]): number {
  const step = Math.max(1, Math.floor(facts.length / WEIGHED));
  let [bytes, weighed] = [0, 0];
  for (let i = 0; i < facts.length; i += step) {
    bytes += bytesOf(facts[i] as Fact);
    weighed++;
  }
  return weighed === 0 ? 0 : (bytes / weighed) * facts.length;
}

function bytesOf(fact: Fact): number {
  if (fact instanceof LoggedPurchase) return fact.bytes;
  return fact.part === 'purchase' ? 600 + 500 * fact.basis.lines.length : 500;
}
