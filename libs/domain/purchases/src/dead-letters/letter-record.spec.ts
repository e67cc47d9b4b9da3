import type { LetterRow } from './dead-letter.ts';
import { letterRecord } from './letter-record.ts';

const letter = {
  id: 17,
  topic: 'purchases.inbound',
  topic_id: '0190c7d2-0000-7000-8000-000000000001',
  partition: 3,
  at_offset: 41,
  key: Buffer.from('store-7'),
  body: Buffer.from('{"member":"kim@example.com"'),
  headers: { till: '+49 170 1234567' },
  code: 'malformed_json',
  pointer: '',
  message: 'The body is not JSON at position 27.',
} as unknown as LetterRow;

describe('a published dead letter', () => {
  it('tells why and where, and nothing of what was sent', () => {
    expect(letterRecord(letter)).toEqual({
      key: letter.key,
      value: null,
      headers: {
        'dead-letter-id': '17',
        'dead-letter-code': 'malformed_json',
        'dead-letter-pointer': '',
        'dead-letter-message': 'The body is not JSON at position 27.',
        'dead-letter-topic': 'purchases.inbound',
        'dead-letter-topic-id': '0190c7d2-0000-7000-8000-000000000001',
        'dead-letter-partition': '3',
        'dead-letter-offset': '41',
        'dead-letter-bytes': '27',
      },
    });
    expect(letterRecord({ ...letter, body: null, key: null })).toMatchObject({ key: null, value: null });
  });

  it.each([
    'kim@example.com',
    '+49 170 1234567',
    '13800138000',
    '{"member":"kim@example.com"}',
    'store-7/kim@example.com',
  ])('is without the key %s', (key) => {
    expect(letterRecord({ ...letter, key: Buffer.from(key) }).key).toBeNull();
  });

  it.each(['store-7', '4006381333931', 'M-1001', ''])('has the key %s', (key) => {
    expect(letterRecord({ ...letter, key: Buffer.from(key) }).key).toEqual(Buffer.from(key));
  });
});
