import type { StoredEvent } from '@loyalty/kernel';
import { eventOf, recordOf } from './event-record.ts';

const event: StoredEvent = {
  shard: 3,
  position: 4_711,
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  source: 'points',
  type: 'points.earned.v2',
  subject: 'm1","data":{"a":1}',
  time: 1_700_000_000_123,
  recorded: 1_700_000_000_123_456,
  correlation: null,
  causation: 'c2',
  trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  data: '{ "amount": 1.10, "data":{"amount": "é"},"z":null}',
  hash: 'ab'.repeat(32),
};
const back = (value: string): StoredEvent => eventOf({ offset: 7, value: Buffer.from(value) });

describe('an event as a record', () => {
  it('comes back whole, its data to the byte', () => {
    expect(back(recordOf(event).value)).toEqual(event);
    const bare = { ...event, correlation: 'c1', causation: null, trace: null };
    expect(back(recordOf(bare).value)).toEqual(bare);
  });

  it('is a CloudEvent in JSON, with the name and version of its schema in a header and the member as key', () => {
    const { key, value, headers } = recordOf(event);
    expect(JSON.parse(value)).toMatchObject({
      specversion: '1.0',
      type: 'points.earned.v2',
      time: '2023-11-14T22:13:20.123Z',
      position: '4711',
      data: { data: { amount: 'é' } },
    });
    expect(headers).toEqual({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      schema: 'points.earned.v2',
    });
    expect(key).toBe(event.subject);
  });

  it.each(['', '{}', 'hello', '{"data":{}}', '{"position":"0","data":{}}', '{"position":"1","time":"now","data":{}}'])(
    'is told from what somebody else wrote: %s',
    (text) => {
      expect(() => back(text)).toThrow('the record at offset 7 is no event');
    },
  );
});
