import type { TermsLearned } from '@loyalty/contracts';
import type { Decider } from '@loyalty/event-store';
import { decide } from './core/decide.ts';
import { evolve } from './core/evolve.ts';
import { forget, remembers } from './core/forget.ts';
import type { PointsAnswer, PointsGlobal, PointsInput } from './core/input.ts';
import type { MemberState } from './core/wallet.ts';
import { loadStates } from './load-states.ts';
import { pointsModels } from './projections/points-models.ts';

export function pointsDecider(schema: string): Decider<MemberState, PointsInput, PointsAnswer | null, PointsGlobal> {
  return {
    load: (tx, subjects, depth) => loadStates(tx, schema, subjects, depth),
    needsFull: (input, state) =>
      state === undefined || state.depth === 'shallow' ? !isShallowWork(input) : !remembers(state, input),
    async loadGlobal(tx) {
      const { rows } = await tx.query<{ data: string }>(`SELECT data FROM ${schema}.terms ORDER BY position`);
      return { terms: rows.map(({ data }) => JSON.parse(data) as TermsLearned) };
    },
    decide: (input, state, { now, global }) =>
      remembers(state, input) ? decide(input, state, { now, global }) : { kind: 'insufficient' },
    evolve,
    weigh: ({ weight }) => weight,
    abridge: (state) => forget(state),
    models: pointsModels,
  };
}

/** Decided, as a rule, on a shallow state. */
const isShallowWork = (input: PointsInput): boolean => input.kind === 'tier' || (input.kind === 'rate' && input.first);
