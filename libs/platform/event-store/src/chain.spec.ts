import { createHash } from 'node:crypto';
import { GENESIS, linkHash } from './chain.ts';

const link = {
  service: 'points',
  shard: 3,
  position: 1,
  id: Buffer.from('0199f1c27ab07cc29f3e6f0a1b2c3d4e', 'hex'),
  type: 'points.earned.v1',
  subject: 'ann',
  time: Date.UTC(2026, 0, 25, 2),
  recorded: Date.UTC(2026, 0, 25, 3) * 1000 + 123,
  correlation: null,
  causation: 'c',
  trace: null,
  data: '{"points":5,"name":"é"}',
};

test('is what its comment says, computed by hand', () => {
  const text = (value: string): string => Buffer.from(value).toString('hex');
  const bytes = [
    '0001',
    '00'.repeat(32),
    '0003',
    '0000000000000001',
    '0199f1c27ab07cc29f3e6f0a1b2c3d4e',
    (BigInt(link.time) * 1000n).toString(16).padStart(16, '0'),
    BigInt(link.recorded).toString(16).padStart(16, '0'),
    `00000006${text('points')}`,
    `00000010${text('points.earned.v1')}`,
    `00000003${text('ann')}`,
    'ffffffff',
    `00000001${text('c')}`,
    'ffffffff',
    `00000018${text(link.data)}`,
  ].join('');
  const hash = linkHash(GENESIS, link);
  expect(hash).toBe(createHash('sha256').update(Buffer.from(bytes, 'hex')).digest('hex'));
  // Golden: this value is in logs already. If it changes, it is another format.
  expect(hash).toBe('d456632c27efc785ffddac78283056a42d7a65c12392984b4a3a4e3bcf9c43e3');
});

test.each(Object.keys(link) as (keyof typeof link)[])('covers %s', (field) => {
  const value = link[field];
  const other =
    typeof value === 'number'
      ? value + 1
      : value === null
        ? ''
        : typeof value === 'string'
          ? `${value} `
          : Buffer.alloc(16, 7);
  expect(linkHash(GENESIS, { ...link, [field]: other })).not.toEqual(linkHash(GENESIS, link));
});

test('covers the event before', () => {
  expect(linkHash(Buffer.alloc(32, 1), link)).not.toEqual(linkHash(GENESIS, link));
});

test('cannot be fooled by moving a boundary between two texts', () => {
  expect(linkHash(GENESIS, { ...link, type: 'a', subject: 'bc' })).not.toEqual(
    linkHash(GENESIS, { ...link, type: 'ab', subject: 'c' }),
  );
});

test('takes payloads of any size', () => {
  const data = JSON.stringify('ü'.repeat(300_000));
  expect(linkHash(GENESIS, { ...link, data })).not.toEqual(linkHash(GENESIS, link));
});
