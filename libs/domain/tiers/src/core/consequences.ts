import type {
  PurchaseRated,
  PurchaseRating,
  RatingCorrected,
  ReturnRated,
  ReturnRating,
  TierChanged,
  TierOpened,
} from '@loyalty/contracts';
import { formatInstant, parseInstant, type EpochMs, type NewEvent } from '@loyalty/kernel';
import type { Fact, OpeningFact, Verdict } from './facts.ts';
import type { History } from './history.ts';
import type { ProgramVersion } from './program.ts';
import type { Programs } from './programs.ts';
import { purchaseRating, returnRatings, withoutPoints } from './ratings.ts';
import { changesOf, courseChange, type Course } from './tier-course.ts';

export type Cause = RatingCorrected['cause'];

/** Events that carry a course, on their way: the course is put into the first one of its program. */
interface Draft {
  readonly type: string;
  readonly time: EpochMs;
  readonly program: string;
  readonly data: PurchaseRated | ReturnRated | RatingCorrected | TierChanged | TierOpened;
}

/** What must be recorded so that the log says what the facts amount to. `gone` are facts taken away by the cause. */
export function consequences(
  history: History,
  gone: readonly Fact[],
  standing: ReadonlyMap<string, Course>,
  programs: Programs,
  cause: Cause,
  own: EpochMs | null,
): NewEvent[] {
  const drafts = [
    ...gone.flatMap((fact) => withdrawals(fact, cause)),
    ...purchaseDrafts(history, cause),
    ...returnDrafts(history, programs, cause),
    ...openingDrafts(history),
  ];
  const until = Math.max(...gone.map((fact) => fact.time), history.facts.at(-1)?.time ?? Number.NEGATIVE_INFINITY);
  const courses = new Map<string, TierCourseData>();
  const changes: NewEvent[] = [];
  for (const program of new Set([...standing.keys(), ...history.timelines.keys()])) {
    const before = standing.get(program) ?? [];
    const after = history.timelines.get(program)?.certainCourse() ?? [];
    const change = courseChange(before, after);
    if (!change) continue;
    courses.set(program, courseData(change));
    const seen = tierChanges(program, before, after, until, cause, programs, own);
    const carried = seen.length > 0 || drafts.some((draft) => draft.program === program);
    changes.push(...(carried ? seen : [futureChange(program, before, after, change)]));
  }
  return withCourses([...drafts, ...changes.map(draftOf)], courses);
}

const draftOf = ({ type, time, data }: NewEvent): Draft => ({
  type,
  time,
  program: (data as TierChanged).program,
  data: data as TierChanged,
});

/** Puts each program's course into its first event. */
function withCourses(drafts: readonly Draft[], courses: Map<string, TierCourseData>): NewEvent[] {
  return drafts.map(({ type, time, program, data }) => {
    const course = courses.get(program);
    courses.delete(program);
    return { type, time, data: course ? { ...data, course } : data };
  });
}

type TierCourseData = { tier: string | null; from: string }[];

export const courseData = (course: Course): TierCourseData =>
  course.map(({ tier, from }) => ({ tier, from: formatInstant(from) }));
export const courseFrom = (data: readonly { tier: string | null; from: string }[]): Course =>
  data.map(({ tier, from }) => ({ tier, from: parseInstant(from) as EpochMs }));

/** Instants up to `until` at which the tier held is another than was believed. Enrolment at the lowest tier is no change. */
export function tierChanges(
  program: string,
  before: Course,
  after: Course,
  until: EpochMs,
  cause: Cause,
  programs: Programs,
  own: EpochMs | null,
): NewEvent[] {
  const events: NewEvent[] = [];
  for (const { at, from, to } of changesOf(before, after, until)) {
    const lowest = programs.inForce(program, at)?.tiers.ladder[0]?.id;
    if (to === null || (from === null && to === lowest)) continue;
    const data: TierChanged = { program, at: formatInstant(at), from, to, reason: reasonOf(cause, at === own) };
    events.push({ type: 'tier.changed.v1', time: at, data });
  }
  return events;
}

/** `own`: at the very instant of the fact that caused it; elsewhere a fact corrects what was believed. */
function reasonOf({ kind }: Cause, own: boolean): TierChanged['reason'] {
  switch (kind) {
    case 'purchase':
      return own ? 'qualified' : 'corrected';
    case 'return':
      return own ? 'returned' : 'corrected';
    case 'void':
    case 'amended':
      return 'corrected';
    case 'program':
      return 'program';
    case 'opening':
      return 'opening';
  }
}

/** Nothing else tells of the change: a version published ahead, or a first fact that now counts elsewhere. */
function futureChange(program: string, before: Course, after: Course, change: Course): NewEvent {
  const at = change[0]!.from;
  const [seen] = changesOf(before, after, at).slice(-1);
  const data: TierChanged = {
    program,
    at: formatInstant(at),
    from: seen?.from ?? null,
    to: seen ? seen.to : change[0]!.tier,
    reason: 'program',
  };
  return { type: 'tier.changed.v1', time: at, data };
}

function withdrawals(fact: Fact, cause: Cause): Draft[] {
  if (fact.part === 'purchase')
    return fact.standing
      ? [correction(cause, fact.standing, withoutPoints(fact, fact.standing.program, 'voided'))]
      : [];
  if (fact.part === 'opening') return [];
  return [...fact.standing.values()].map((rating) =>
    returnCorrection(cause, rating, { ...rating, reversals: [], matches: [] }),
  );
}

function purchaseDrafts(history: History, cause: Cause): Draft[] {
  const drafts: Draft[] = [];
  for (const [fact, outcome] of history.outcomes) {
    if (fact.verdict && isRatedAs(fact.verdict, outcome.program, outcome.version, outcome.tier)) continue;
    const { standing } = fact;
    if (!standing) {
      const data = purchaseRating(fact, outcome);
      drafts.push({ type: 'purchase.rated.v1', time: fact.time, program: outcome.program, data });
      continue;
    }
    if (standing.program !== outcome.program)
      drafts.push(correction(cause, standing, withoutPoints(fact, standing.program, 'other_program')));
    const previous =
      standing.program === outcome.program ? standing : withoutPoints(fact, outcome.program, 'other_program');
    drafts.push(correction(cause, previous, purchaseRating(fact, outcome)));
  }
  // What came in is told before what it changed.
  return drafts.sort((a, b) => Number(b.type === 'purchase.rated.v1') - Number(a.type === 'purchase.rated.v1'));
}

/** A rating follows from the document, the version and the tier: where these are the same, so is the rating. */
export function isRatedAs(
  standing: Verdict,
  program: string,
  version: ProgramVersion | null,
  tier: number | null,
): boolean {
  const held = version && tier !== null ? version.tiers.ladder[tier]!.id : null;
  return (
    standing.program === program &&
    standing.version === (held === null ? null : version!.version) &&
    standing.tier === held
  );
}

function correction(cause: Cause, previous: PurchaseRating, purchase: PurchaseRating): Draft {
  const data: RatingCorrected = { cause, previousPoints: previous.points, purchase };
  return { type: 'rating.corrected.v1', time: parseInstant(purchase.at) as EpochMs, program: purchase.program, data };
}

function returnDrafts(history: History, programs: Programs, cause: Cause): Draft[] {
  const drafts: Draft[] = [];
  const ratings = returnRatings(history, (fact) => programs.of(fact.source, fact.named, fact.time));
  for (const [fact, byProgram] of ratings) {
    for (const [program, rating] of byProgram) {
      const standing = fact.standing.get(program);
      if (!standing) drafts.push({ type: 'return.rated.v1', time: fact.time, program, data: rating });
      else if (
        JSON.stringify([standing.reversals, standing.matches]) !== JSON.stringify([rating.reversals, rating.matches])
      ) {
        drafts.push(returnCorrection(cause, standing, rating));
      }
    }
    for (const [program, standing] of fact.standing) {
      if (byProgram.has(program) || standing.reversals.length === 0) continue;
      drafts.push(
        returnCorrection(cause, standing, {
          ...standing,
          reversals: [],
          matches: fact.matches as ReturnRating['matches'],
        }),
      );
    }
  }
  return drafts;
}

const reversed = (rating: ReturnRating): number => rating.reversals.reduce((sum, { points }) => sum + points, 0);

function returnCorrection(cause: Cause, previous: ReturnRating, rating: ReturnRating): Draft {
  const data: RatingCorrected = { cause, previousPoints: reversed(previous), return: rating };
  return { type: 'rating.corrected.v1', time: parseInstant(rating.at) as EpochMs, program: rating.program, data };
}

function openingDrafts(history: History): Draft[] {
  return history.facts
    .filter((fact): fact is OpeningFact => fact.part === 'opening' && !fact.recorded)
    .map((fact) => {
      const data: TierOpened = {
        program: fact.source,
        tier: fact.tier,
        since: formatInstant(fact.time),
        keepUntil: formatInstant(fact.keepUntil),
        reference: fact.id,
      };
      return { type: 'tier.opened.v1', time: fact.time, program: fact.source, data };
    });
}

/** For the fast path: what one more purchase at the end does to the course that stands. */
export function courseAfter(standing: Course, certain: Course): TierCourseData | undefined {
  const change = courseChange(standing, certain);
  return change && courseData(change);
}
