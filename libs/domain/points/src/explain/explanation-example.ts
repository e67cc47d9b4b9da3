/** For the API's description. A spec asks for the same and compares. */
export const explanationExample = {
  member: 'm-1001',
  entry: {
    position: '3/954',
    id: '019ec0a8-90b2-7d4f-b0a3-2f9f6ce1a0d4',
    type: 'redeemed',
    at: '2026-06-20T04:00:00.120Z',
    recordedAt: '2026-06-20T04:00:00.120377Z',
    program: 'harbour-club',
    points: 20,
    redemption: 'till-3/9001',
    reference: 'till-3/9001',
    postings: [
      { lot: 'store-7/000123', bucket: 'held', points: -20 },
      { lot: 'store-7/000123', bucket: 'spent', points: 20 },
    ],
    balance: 57,
  },
  cause: { kind: 'command', command: { kind: 'redeem', key: 'till-3/9001' } },
  lots: [
    {
      lot: 'store-7/000123',
      origin: 'purchase',
      at: '2026-06-06T02:15:00.000Z',
      activeFrom: '2026-06-06T02:15:00.000Z',
      expiresAt: '2099-12-31T16:00:00.000Z',
      postings: { held: -20, spent: 20 },
      rating: '/v1/ratings/store-7/000123?recompute=true',
    },
  ],
  buckets: [
    { bucket: 'issued', before: 77, change: 0, after: 77 },
    { bucket: 'held', before: 77, change: -20, after: 57 },
    { bucket: 'spent', before: 0, change: 20, after: 20 },
  ],
  timeZone: 'Asia/Shanghai',
  links: { member: '/v1/members/m-1001/entries' },
  language: 'en',
  text: [
    '20 points were redeemed at 20 Jun 2026, 12:00.',
    'Taken from the lots that expire first: 20 of purchase store-7/000123 (gone from 1 Jan 2100, 00:00).',
    'The balance was 77 before and 57 after it.',
  ],
};
