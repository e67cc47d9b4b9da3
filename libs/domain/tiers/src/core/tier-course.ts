import type { EpochMs } from '@loyalty/kernel';

/** From `from` on the member holds `tier`; null = none. */
export interface Step {
  readonly tier: string | null;
  readonly from: EpochMs;
}

/** Steps in time order, no two at one instant, none that changes nothing. Never changed in place. */
export type Course = readonly Step[];

/** The course with a step added at its end. At the instant of the last step it replaces it. */
export function withStep(course: Course, tier: string | null, from: EpochMs): Course {
  const end =
    course.length > 0 && (course[course.length - 1] as Step).from === from ? course.length - 1 : course.length;
  const before = end > 0 ? (course[end - 1] as Step).tier : null;
  if (before === tier) return end === course.length ? course : course.slice(0, end);
  return [...(end === course.length ? course : course.slice(0, end)), { tier, from }];
}

/** The tier held at an instant; null before the first step. */
export function tierAt(course: Course, at: EpochMs): string | null {
  for (let i = course.length - 1; i >= 0; i--) {
    const step = course[i] as Step;
    if (step.from <= at) return step.tier;
  }
  return null;
}

/** Where `next` takes another way than `standing`: its steps from the first difference on; undefined where they are the same. */
export function courseChange(standing: Course, next: Course): Course | undefined {
  let i = 0;
  while (i < standing.length && i < next.length && sameStep(standing[i] as Step, next[i] as Step)) i++;
  if (i === standing.length && i === next.length) return undefined;
  const dropped = standing[i];
  const first = next[i];
  if (!dropped || (first && first.from <= dropped.from)) return next.slice(i);
  // What stood from an earlier instant on must end there: say the step before it once more, or that there is none.
  return i > 0 ? next.slice(i - 1) : [{ tier: null, from: dropped.from }, ...next];
}

/** The course after a change as `courseChange` gives it. */
export function applyCourse(standing: Course, change: Course): Course {
  const since = (change[0] as Step).from;
  let course: Course = standing.filter((step) => step.from < since);
  for (const step of change) course = withStep(course, step.tier, step.from);
  return course;
}

/** Instants up to `until` at which the tier held is another than was believed, with both. */
export function changesOf(
  standing: Course,
  next: Course,
  until: EpochMs,
): { at: EpochMs; from: string | null; to: string | null }[] {
  const instants = new Set<EpochMs>();
  for (const course of [standing, next]) for (const { from } of course) if (from <= until) instants.add(from);
  return [...instants]
    .sort((a, b) => a - b)
    .map((at) => ({ at, from: tierAt(standing, at), to: tierAt(next, at) }))
    .filter((change) => change.from !== change.to);
}

const sameStep = (a: Step, b: Step): boolean => a === b || (a.from === b.from && a.tier === b.tier);
