import { eventContracts, eventExamples, type EventContract } from '@loyalty/contracts';
import type { StoredEvent } from '@loyalty/kernel';
import { cloudEvent } from './cloud-event.ts';

function stored(type: string, source: string, data: string): StoredEvent {
  return {
    id: '019e9a3c-5f0b-7c4e-9d55-6c1f0c8f3a10',
    source,
    type,
    subject: 'm-1001',
    time: Date.UTC(2026, 5, 6, 2, 15),
    recorded: Date.UTC(2026, 5, 6, 2, 15, 1) * 1000 + 7,
    shard: 3,
    position: 1205,
    correlation: null,
    causation: 'till-3/9001',
    trace: null,
    data,
    hash: 'ab'.repeat(32),
  };
}

it('an event is told as a CloudEvent, its data to the byte as it was recorded', () => {
  const body = cloudEvent(stored('points.earned.v1', 'points', '{"points": 37,  "lot":"store-7/000123"}'));
  expect(body).toContain('"data":{"points": 37,  "lot":"store-7/000123"}}');
  expect(JSON.parse(body)).toEqual({
    specversion: '1.0',
    id: '019e9a3c-5f0b-7c4e-9d55-6c1f0c8f3a10',
    source: 'points',
    type: 'points.earned.v1',
    subject: 'm-1001',
    time: '2026-06-06T02:15:00.000Z',
    recordedtime: '2026-06-06T02:15:01.000007Z',
    shard: '3',
    position: '1205',
    causationid: 'till-3/9001',
    datacontenttype: 'application/json',
    data: { points: 37, lot: 'store-7/000123' },
  });
});

const examples = eventExamples as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const sealing = Object.entries(eventContracts).flatMap(([source, events]) =>
  Object.entries(events as Record<string, EventContract>).flatMap(([type, { sealed }]) =>
    sealed ? [{ source, type, sealed }] : [],
  ),
);

it.each(sealing)('nothing sealed in $type leaves, not even as ciphertext', ({ source, type, sealed }) => {
  const told = {
    ...(examples[source]?.[type] as object),
    ...Object.fromEntries(sealed.map((f) => [f, 'sealed:1:xyz'])),
  };
  const body = cloudEvent(stored(type, source, JSON.stringify(told)));
  expect(body).not.toContain('sealed:1:');
  const rest = Object.fromEntries(Object.entries(told).filter(([field]) => !sealed.includes(field)));
  expect((JSON.parse(body) as { data: object }).data).toEqual(rest);
});
