import type { EpochMs } from '@loyalty/kernel';
import { emptyState, placeOf, type MemberState } from './member-state.ts';
import type { Programs } from './programs.ts';
import type { Course } from './tier-course.ts';
import { TierTimeline, type FrozenTimeline } from './tier-timeline.ts';

/** A light state as plain data: sixteen bytes a purchase of its window. */
export interface FrozenState {
  readonly last: { readonly time: EpochMs; readonly source: string; readonly id: string };
  readonly streak: number;
  readonly courses: readonly (readonly [program: string, course: Course])[];
  readonly timelines: readonly (readonly [program: string, timeline: FrozenTimeline])[];
}

/** Fewer purchases are read from the log as fast. */
const WORTH_IT = 16;

/** Undefined for a state that is not light, or soon made again from the log. */
export function frozen(state: MemberState, worthIt: number = WORTH_IT): FrozenState | undefined {
  const { facts, fold, last, settled, streak, courses } = state;
  if (facts !== null || fold === null || !settled || last?.part !== 'purchase') return undefined;
  if ([...fold.timelines.values()].every(({ size }) => size < worthIt)) return undefined;
  const timelines: [string, FrozenTimeline][] = [];
  for (const [program, timeline] of fold.timelines) {
    const each = timeline.freeze();
    if (each === undefined) return undefined;
    timelines.push([program, each]);
  }
  const { time, source, id } = last;
  return { last: { time, source, id }, streak, courses: [...courses], timelines };
}

/** @param programs those under which it was frozen */
export function thawed({ last, streak, courses, timelines }: FrozenState, programs: Programs): MemberState {
  const state = emptyState(programs, false);
  for (const [program, course] of courses) state.courses.set(program, course);
  state.facts = null;
  state.last = placeOf({ ...last, part: 'purchase', named: undefined, basis: NOTHING, standing: null, verdict: null });
  state.streak = streak;
  state.fold = {
    timelines: new Map(
      timelines.map(([program, timeline]) => [program, TierTimeline.thaw(timeline, programs.versionsOf(program))]),
    ),
    items: new Map(),
  };
  return state;
}

const NOTHING = { currency: '', lines: [] };
