import type { Decider } from '@loyalty/event-store';
import { decide } from './core/decide.ts';
import type { PurchasesAnswer } from './core/decision.ts';
import { evolve } from './core/evolve.ts';
import type { PurchasesInput } from './core/input.ts';
import type { PurchasesState } from './core/state.ts';
import { loadStates } from './load-states.ts';
import { returningMembers } from './projections/returning-members.ts';

/** Of states: a line takes 300 bytes, measured on the histories of the real file after a collection. */
const BYTES = { shallow: 120, history: 600, line: 300 };

export const purchasesDecider: Decider<PurchasesState, PurchasesInput, PurchasesAnswer, null> = {
  load: (tx, subjects, depth) => loadStates(tx, subjects, depth),
  loadGlobal: () => Promise.resolve(null),
  decide: (input, state, { now }) => decide(input, state, now),
  evolve,
  weigh: (state) => (state.depth === 'shallow' ? BYTES.shallow : BYTES.history + state.history.lines * BYTES.line),
  models: [returningMembers],
};
