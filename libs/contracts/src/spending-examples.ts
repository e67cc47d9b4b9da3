import type { Bucket } from './postings.ts';

const lot = 'store-7/000123';
const program = 'harbour-club';
const expiresAt = '2027-06-30T16:00:00.000Z';

const moved = (from: Bucket, to: Bucket, points: number, of = lot) => [
  { lot: of, bucket: from, points: -points },
  { lot: of, bucket: to, points },
];

/** The same member's points at a till: reserved for a basket, spent in part, given back, and some handed on. */
export const spendingExamples = {
  'points.reserved.v1': {
    program,
    at: '2026-07-03T04:00:00.000Z',
    reservation: 'v-7',
    points: 12,
    allocations: [{ lot, points: 12 }],
    until: '2026-07-03T04:30:00.000Z',
    reference: 'till-3/9002',
    postings: moved('held', 'reserved', 12),
  },
  'points.captured.v1': {
    program,
    at: '2026-07-03T04:05:00.000Z',
    reservation: 'v-7',
    points: 10,
    allocations: [{ lot, points: 10 }],
    released: [{ lot, points: 2 }],
    reference: 'till-3/9002',
    postings: [...moved('reserved', 'spent', 10), ...moved('reserved', 'held', 2)],
  },
  'points.voided.v1': {
    program,
    at: '2026-07-04T04:05:00.000Z',
    reservation: 'v-8',
    points: 5,
    released: [{ lot, points: 5 }],
    postings: moved('reserved', 'held', 5),
  },
  'points.released.v1': {
    program,
    at: '2026-07-05T04:30:00.000Z',
    reservation: 'v-9',
    points: 5,
    released: [{ lot, points: 5 }],
    postings: moved('reserved', 'held', 5),
  },
  'points.undone.v1': {
    program,
    at: '2026-07-06T04:00:00.000Z',
    redemption: 'v-7',
    undo: 'u-1',
    points: 4,
    allocations: [{ lot, points: 4 }],
    reference: 'till-3/9010',
    postings: moved('spent', 'held', 4),
  },
  'points.sent.v1': {
    program,
    at: '2026-07-07T04:00:00.000Z',
    transfer: 't-3',
    to: 'm-2002',
    points: 3,
    lots: [{ lot, points: 3, expiresAt }],
    reference: 'birthday',
    postings: moved('held', 'sent', 3),
  },
  'points.received.v1': {
    program,
    at: '2026-07-07T04:00:00.000Z',
    lot: '/transfer/t-3/1',
    points: 3,
    activeFrom: '2026-07-07T04:00:00.000Z',
    expiresAt,
    transfer: 't-3',
    from: { member: 'm-1001', lot },
    earned: { member: 'm-1001', lot },
    reference: 'birthday',
    postings: moved('received', 'held', 3, '/transfer/t-3/1'),
  },
};
