/** What the API answers, for its description. A test asks for the same and compares. */
export const explanationExample = {
  member: 'm-1001',
  entry: {
    position: '6/8',
    id: '01a202aa-2165-74b7-ba9a-43c842cbcb18',
    type: 'redeemed',
    at: '2026-11-22T09:50:33.807Z',
    recordedAt: '2026-11-22T09:50:33.807201Z',
    program: 'harbour-club',
    points: 500,
    redemption: 'till-3/9001',
    reference: 'till-3/9001',
    money: { amount: '5', currency: 'CNY', pointValue: '0.01' },
    purchaseTotal: '120',
    postings: [
      { lot: '/adjustment/case-18', bucket: 'held', points: -500 },
      { lot: '/adjustment/case-18', bucket: 'spent', points: 500 },
    ],
    balance: 4529,
  },
  cause: { kind: 'command', command: { kind: 'redeem', key: 'till-3/9001' } },
  caps: [],
  lots: [
    {
      lot: '/adjustment/case-18',
      origin: 'adjustment',
      at: '2026-11-22T09:50:33.754Z',
      activeFrom: '2026-11-22T09:50:33.754Z',
      expiresAt: '2099-12-31T15:59:59.000Z',
      postings: { held: -500, spent: 500 },
    },
  ],
  buckets: [
    { bucket: 'issued', before: 5029, change: 0, after: 5029 },
    { bucket: 'held', before: 5029, change: -500, after: 4529 },
    { bucket: 'spent', before: 0, change: 500, after: 500 },
  ],
  timeZone: 'Asia/Shanghai',
  links: { member: '/v1/members/m-1001/entries' },
  language: 'en',
  text: [
    '500 points were redeemed at 22 Nov 2026, 17:50.',
    'Taken from the lots that expire first: 500 of adjustment case-18 (gone from 31 Dec 2099, 23:59).',
    'The balance was 5,029 before and 4,529 after it.',
  ],
};
