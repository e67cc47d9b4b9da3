import type { Decider } from '@loyalty/event-store';
import { decide } from './core/decide.ts';
import type { PurchasesAnswer } from './core/decision.ts';
import { evolve } from './core/evolve.ts';
import type { PurchasesInput } from './core/input.ts';
import type { PurchasesState } from './core/state.ts';
import { loadStates } from './load-states.ts';
import { returningMembers } from './projections/returning-members.ts';

/** Of states, as counted by hand from their objects: a line stands in its document's list and in its item's. */
const BYTES = { shallow: 120, history: 600, line: 250 };

export const purchasesDecider: Decider<PurchasesState, PurchasesInput, PurchasesAnswer, null> = {
  load: (tx, subjects, depth) => loadStates(tx, subjects, depth),
  loadGlobal: () => Promise.resolve(null),
  decide: (input, state, { now }) => decide(input, state, now),
  evolve,
  weigh: (state) => (state.depth === 'shallow' ? BYTES.shallow : BYTES.history + state.history.lines * BYTES.line),
  models: [returningMembers],
};
