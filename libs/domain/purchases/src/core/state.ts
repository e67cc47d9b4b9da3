import type { PurchaseRecorded, PurchaseReturned } from '@loyalty/contracts';
import { normalise, parseInstant, type EpochMs } from '@loyalty/kernel';
import { documentKey } from './document.ts';
import { newHistory, type History, type ItemHistory, type KnownDocument } from './history.ts';
import { thousandths } from './thousandths.ts';

/** What the fast path needs: may a purchase be recorded without a look at the member's history? */
export interface ShallowState {
  readonly depth: 'shallow';
  /** The member's latest return by own time. A later purchase changes no matching … */
  latestReturn: EpochMs | null;
  /** … unless some return names a purchase that had not come, or had too little left, when it was recorded. */
  waiting: boolean;
}

export interface FullState {
  readonly depth: 'full';
  readonly history: History;
}

/** What is known of one subject: a member, or a document that belongs to nobody known. */
export type PurchasesState = ShallowState | FullState;

export function shallowState(latestReturn: EpochMs | null = null, waiting = false): ShallowState {
  return { depth: 'shallow', latestReturn, waiting };
}

export function fullState(): FullState {
  return { depth: 'full', history: newHistory() };
}

/** The document's part of the history, created at its first event. */
function known(history: History, data: PurchaseRecorded | PurchaseReturned): KnownDocument {
  const key = documentKey(data.source, data.id);
  const found = history.documents.get(key);
  if (found) return found;
  const document = {
    source: data.source,
    id: data.id,
    time: instant(data.at),
    currency: data.currency,
    bought: [],
    returned: [],
    voided: false,
  };
  history.documents.set(key, document);
  return document;
}

export function addRecorded(history: History, data: PurchaseRecorded): void {
  const document = known(history, data);
  for (const line of data.lines) {
    const price = normalise(line.unitPrice);
    const bought = { document, line: line.line, item: line.item, price, quantity: thousandths(line.quantity) };
    document.bought.push(bought);
    itemOf(history, line.item).bought.push(bought);
  }
  history.lines += data.lines.length;
}

export function addReturned(history: History, data: PurchaseReturned): void {
  const document = known(history, data);
  for (const line of data.lines) {
    const of = line.of && { id: line.of.id, line: line.of.line, source: line.of.source };
    const price = normalise(line.unitPrice);
    const returned = {
      document,
      line: line.line,
      item: line.item,
      price,
      quantity: thousandths(line.quantity),
      of,
      matches: line.matches,
    };
    document.returned.push(returned);
    itemOf(history, line.item).returned.push(returned);
  }
  history.lines += data.lines.length;
}

/** A voided document stays known, but none of its lines counts any more. */
export function removeVoided(history: History, document: KnownDocument): void {
  document.voided = true;
  const items = new Set([...document.bought, ...document.returned].map((line) => line.item));
  for (const name of items) {
    const item = itemOf(history, name);
    item.bought = item.bought.filter((candidate) => candidate.document !== document);
    item.returned = item.returned.filter((candidate) => candidate.document !== document);
  }
}

function itemOf(history: History, item: string): ItemHistory {
  let found = history.items.get(item);
  if (!found) history.items.set(item, (found = { bought: [], returned: [] }));
  return found;
}

function instant(text: string): EpochMs {
  const ms = parseInstant(text);
  if (ms === undefined) throw new Error(`no instant: ${text}`);
  return ms;
}
