import { refusal } from '@loyalty/kernel';
import { documentKey } from './document.ts';
import { refused, type PurchasesDecision } from './decision.ts';
import { amendedEvent, voidedEvent } from './events.ts';
import type { VoidInput } from './input.ts';
import { rematch } from './rematch.ts';
import type { PurchasesState } from './state.ts';

/**
 * Refusals: `unknown_purchase` (not kept: the document may still come), `already_voided`.
 * Returns that undid what is voided are matched again.
 */
export function decideVoid(input: VoidInput, state: PurchasesState): PurchasesDecision {
  if (state.depth === 'shallow') return { kind: 'insufficient' };
  const { source, id, reason } = input;
  const document = state.history.documents.get(documentKey(source, id));
  if (!document) return refused(refusal('unknown_purchase', `There is no document ${id} of ${source} to void.`), false);
  if (document.voided) return refused(refusal('already_voided', `Document ${id} of ${source} was voided before.`));
  const { matches, changed } = rematch(state.history, { removed: document });
  const cause = { kind: 'void' as const, source, id };
  return {
    kind: 'accepted',
    events: [voidedEvent(document, reason), ...changed.map((other) => amendedEvent(other, matches, cause))],
    answer: { source, id, status: 'voided' },
  };
}
