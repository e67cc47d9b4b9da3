import { purchaseDocumentExample } from '@loyalty/contracts';
import type { Undeliverable } from '../inbound/inbound-store.ts';

const ID = '000125';
const AT = '2026-06-06T02:15:00.120Z';
const corrected = { ...purchaseDocumentExample, id: ID };
const [line] = corrected.lines;
const mistyped = { ...corrected, lines: [{ ...line, quantity: 'one' }] };
const problem = {
  code: 'not_a_decimal',
  pointer: '/lines/0/quantity',
  message: 'Expected a decimal number such as "19.90".',
};

/** What the examples' letters were. */
export const exampleLetters: readonly Undeliverable[] = [mistyped, { ...mistyped, id: '000126' }].map((sent, i) => ({
  offset: 41 + i,
  key: Buffer.from('store-7'),
  body: Buffer.from(JSON.stringify(sent)),
  headers: { 'content-type': 'application/json' },
  problem,
}));

const listed = (id: number, offset: number) => ({
  id: String(id),
  topic: 'purchases.inbound',
  partition: 3,
  offset: String(offset),
  receivedAt: AT,
  key: 'store-7',
  ...problem,
  state: 'waiting',
});

export const lettersExample = { items: [listed(1, 41), listed(2, 42)], next: null };

export const letterExample = {
  ...listed(1, 41),
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(mistyped),
  encoding: 'utf-8',
};

export const resubmitExample = { document: corrected };

export const resubmittedExample = { source: 'store-7', id: ID, status: 'recorded' };

const { key: _, ...settled } = listed(2, 42);
export const discardedExample = {
  ...settled,
  state: 'discarded',
  settledAt: AT,
  settledBy: 'kim',
  reason: 'a test of the till',
};
