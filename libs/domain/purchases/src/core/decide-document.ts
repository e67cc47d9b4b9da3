import type { LineMatch } from '@loyalty/contracts';
import { refusal, type EpochMs } from '@loyalty/kernel';
import { refused, type PurchasesAnswer, type PurchasesDecision } from './decision.ts';
import { isReturnLine, type Document } from './document.ts';
import { draftOf } from './draft.ts';
import { amendedEvent, recordedEvent, returnedEvent, type PurchasesEvent } from './events.ts';
import type { ReturnedItem } from './history.ts';
import type { DocumentInput } from './input.ts';
import { namedRefusal } from './named-refusal.ts';
import { rematch, type Rematch } from './rematch.ts';
import type { PurchasesState, ShallowState } from './state.ts';

/** How far a retailer's clock may be ahead. */
const AHEAD_MS = 24 * 3_600_000;

/**
 * Records a purchase document. Refusals: `at_in_future`; of returns that name their purchase `unknown_purchase` (not kept),
 * `return_exceeds_purchase`, `purchase_of_another_member`, `purchases_of_several_members`.
 */
export function decideDocument(input: DocumentInput, state: PurchasesState, now: EpochMs): PurchasesDecision {
  const { document } = input;
  if (document.at > now + AHEAD_MS) {
    return refused(
      refusal('at_in_future', 'The document is dated more than a day ahead of our clock.', { pointer: '/at' }),
    );
  }
  const returns = document.lines.some(isReturnLine);
  if (state.depth === 'shallow') {
    if (returns || !afterEveryReturn(document, state)) return { kind: 'insufficient' };
    return accepted(document, [recordedEvent(document, input.member)]);
  }
  const no = returns ? namedRefusal(input, state.history) : undefined;
  if (no) return no;
  return withHistory(input, rematch(state.history, { added: draftOf(document) }));
}

/** No matching can change: unnamed returns reach back only, and no named one waits. */
function afterEveryReturn(document: Document, state: ShallowState): boolean {
  return !state.waiting && (state.latestReturn === null || document.at > state.latestReturn);
}

function withHistory(input: DocumentInput, { matches, changed }: Rematch): PurchasesDecision {
  const { document, member } = input;
  const returns = document.lines.some(isReturnLine);
  const buys = !document.lines.every(isReturnLine);
  const events: PurchasesEvent[] = [];
  if (returns) events.push(returnedEvent(document, member, ownMatches(document, matches)));
  if (buys) events.push(recordedEvent(document, member));
  const cause = { kind: buys ? ('purchase' as const) : ('return' as const), source: document.source, id: document.id };
  for (const other of changed) events.push(amendedEvent(other, matches, cause));
  return accepted(document, events);
}

function ownMatches(document: Document, matches: Rematch['matches']): Map<number, readonly LineMatch[]> {
  const own = [...matches].filter(([line]) => isOf(line, document));
  return new Map(own.map(([line, found]) => [line.line, found]));
}

function isOf(line: ReturnedItem, document: Document): boolean {
  return line.document.id === document.id && line.document.source === document.source;
}

function accepted(document: Document, events: readonly PurchasesEvent[]): PurchasesDecision {
  const { source, id } = document;
  return { kind: 'accepted', events, answer: { source, id, ...outcomeOf(events) } };
}

function outcomeOf(events: readonly PurchasesEvent[]): Pick<PurchasesAnswer, 'status' | 'unmatched'> {
  const returned = events.find((event) => event.type === 'purchase.returned.v1');
  if (!returned) return { status: 'recorded' };
  const unmatched = returned.data.lines
    .filter((line) => line.unmatched !== '0')
    .map((line) => ({ line: line.line, quantity: line.unmatched }));
  return {
    status: events.some((event) => event.type === 'purchase.recorded.v1') ? 'exchanged' : 'returned',
    ...(unmatched.length > 0 && { unmatched }),
  };
}
