import { eventExamples } from '@loyalty/contracts';
import type { StoredEvent } from '@loyalty/kernel';
import { openTierWork, workOf } from './tiers-work.ts';

const event = (type: string, data: unknown, subject = 'm-1001'): StoredEvent => ({
  shard: 0,
  position: 1,
  id: '0198',
  source: 'purchases',
  type,
  subject,
  time: 0,
  recorded: 0,
  correlation: 'c-1',
  causation: null,
  trace: 't-1',
  data: JSON.stringify(data),
  hash: '',
});
const examples = eventExamples.purchases;

it('takes from a purchase what a rating can depend on, and says what caused it', () => {
  const work = workOf(event('purchase.recorded.v1', examples['purchase.recorded.v1']));
  expect(work).toMatchObject({ subject: 'm-1001', causation: '0198', correlation: 'c-1', trace: 't-1' });
  expect(work?.input).toMatchObject({
    kind: 'purchase',
    source: 'store-7',
    id: '000123',
    basis: { currency: 'CNY', tenders: undefined },
  });
});

it('takes from returns and their amendments the whole matching, from voids the document', () => {
  expect(workOf(event('purchase.returned.v1', examples['purchase.returned.v1']))?.input).toMatchObject({
    kind: 'return',
    matches: [{ id: '000123', line: 2 }],
  });
  expect(workOf(event('purchase.amended.v1', examples['purchase.amended.v1']))?.input).toMatchObject({
    kind: 'amended',
    matches: [],
  });
  expect(workOf(event('purchase.voided.v1', examples['purchase.voided.v1']))?.input).toMatchObject({ kind: 'void' });
});

it('passes by documents of nobody known, and fails on what it does not know', () => {
  expect(workOf(event('purchase.recorded.v1', examples['purchase.recorded.v1'], 'doc:store-7/000123'))).toBeNull();
  expect(() => workOf(event('purchase.invented.v1', {}))).toThrow('purchase.invented.v1');
});

it('binds the reference of an opening to everything given', () => {
  const opening = { program: 'standard', tier: 'gold', since: 0, keepUntil: 1, reference: 'r-1' };
  const hash = (more: object = {}, member = 'm-1') => openTierWork(member, { ...opening, ...more }).key?.hash;
  expect(hash()).toBe(hash());
  expect(new Set([hash(), hash({ tier: 'silver' }), hash({ keepUntil: 2 }), hash({}, 'm-2')]).size).toBe(4);
});
