import type { PurchaseAmended, PurchaseRecorded, PurchaseReturned, PurchaseVoided } from '@loyalty/contracts';
import type { StoredEvent } from '@loyalty/kernel';
import { documentKey } from './document.ts';
import { addRecorded, addReturned, removeVoided, type PurchasesState } from './state.ts';

type RecordedEvent = Pick<StoredEvent, 'type' | 'time' | 'data'>;

/** The state after an event of its subject. Changes and returns the same object. */
export function evolve(state: PurchasesState, event: RecordedEvent): PurchasesState {
  switch (event.type) {
    case 'purchase.recorded.v1':
      // The commonest event is not even parsed for the commonest state.
      if (state.depth === 'full') addRecorded(state.history, JSON.parse(event.data) as PurchaseRecorded);
      return state;
    case 'purchase.returned.v1':
      return afterReturn(state, JSON.parse(event.data) as PurchaseReturned, event);
    case 'purchase.amended.v1':
      return afterAmendment(state, JSON.parse(event.data) as PurchaseAmended);
    case 'purchase.voided.v1':
      return afterVoid(state, JSON.parse(event.data) as PurchaseVoided);
    default:
      throw new Error(`purchases cannot fold ${event.type}`);
  }
}

function afterReturn(state: PurchasesState, data: PurchaseReturned, event: RecordedEvent): PurchasesState {
  if (state.depth === 'full') {
    addReturned(state.history, data);
    return state;
  }
  state.latestReturn = Math.max(state.latestReturn ?? event.time, event.time);
  state.waiting ||= data.lines.some((line) => line.of !== undefined && line.unmatched !== '0');
  return state;
}

function afterAmendment(state: PurchasesState, data: PurchaseAmended): PurchasesState {
  if (state.depth === 'shallow') return state;
  const document = state.history.documents.get(documentKey(data.return.source, data.return.id));
  const byOrdinal = new Map(data.lines.map((line) => [line.line, line.matches]));
  for (const line of document?.returned ?? []) line.matches = byOrdinal.get(line.line) ?? line.matches;
  return state;
}

function afterVoid(state: PurchasesState, data: PurchaseVoided): PurchasesState {
  if (state.depth === 'shallow') return state;
  const document = state.history.documents.get(documentKey(data.source, data.id));
  if (document) removeVoided(state.history, document);
  return state;
}
