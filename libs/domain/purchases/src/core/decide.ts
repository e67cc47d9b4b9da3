import type { EpochMs } from '@loyalty/kernel';
import { decideDocument } from './decide-document.ts';
import { decideVoid } from './decide-void.ts';
import type { PurchasesDecision } from './decision.ts';
import type { PurchasesInput } from './input.ts';
import type { PurchasesState } from './state.ts';

/** What is recorded, or why not. Pure; `now` is the recorded time of the batch. */
export function decide(input: PurchasesInput, state: PurchasesState, now: EpochMs): PurchasesDecision {
  switch (input.kind) {
    case 'document':
      return decideDocument(input, state, now);
    case 'void':
      return decideVoid(input, state);
  }
}
