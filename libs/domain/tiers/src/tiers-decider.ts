import type { Decider, StateKeeping } from '@loyalty/event-store';
import type { TiersAnswer, TiersInput } from './core/commands.ts';
import { decide } from './core/decide.ts';
import { evolve } from './core/evolve.ts';
import { frozen, thawed, type FrozenState } from './core/frozen-state.ts';
import { weighState, type MemberState } from './core/member-state.ts';
import type { Programs } from './core/programs.ts';
import { loadStates } from './load-states.ts';
import { loadPrograms } from './published-programs.ts';
import { programsModel } from './projections/programs.ts';
import { ratedDocumentsModel } from './projections/rated-documents.ts';
import { tierCoursesModel } from './projections/tier-courses.ts';

const keeping: StateKeeping<MemberState, Programs> = {
  freeze: (state) => frozen(state),
  thaw: (plain, programs) => thawed(plain as FrozenState, programs),
};

/** @param fallback the program of sources that no program claims */
export function tiersDecider(
  schema: string,
  fallback: string,
): Decider<MemberState, TiersInput, TiersAnswer, Programs> {
  return {
    load: (tx, subjects, depth, programs) => loadStates(tx, schema, subjects, depth, programs),
    loadGlobal: (tx) => loadPrograms(tx, schema, fallback),
    decide: (input, state, { global }) => decide(input, state, global),
    evolve,
    weigh: weighState,
    keeping,
    models: [programsModel, tierCoursesModel, ratedDocumentsModel],
  };
}
