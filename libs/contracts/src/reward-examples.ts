const member = 'm-1001';
const program = 'harbour-club';
const pieceOf = { program, reward: 'voucher-20', piece: 1 };
const held = { ...pieceOf, redemption: 'v-11', member };

/** A code goes into the pool, to the member, and is void once the redemption is undone; a large adjustment waits; and the account is closed for a while. */
export const rewardExamples = {
  'code.added.v1': { ...pieceOf, code: 'HC20-7F3K-9QX2' },
  'reward.held.v1': { ...held, asked: { reference: 'app/9001' } },
  'reward.reserved.v1': { ...held, piece: 3, redemption: 'v-13', until: '2026-07-01T04:15:00.000Z' },
  'reward.taken.v1': held,
  'reward.freed.v1': { ...held, piece: 2, redemption: 'v-12' },
  'reward.returned.v1': { ...held, undo: 'u-2', restocked: false },
  'tier.learned.v1': {
    program,
    course: [
      { tier: 'gold', from: '2026-01-10T02:00:00.000Z' },
      { tier: 'silver', from: '2027-02-09T02:00:00.000Z' },
    ],
  },
  'adjustment.requested.v1': {
    program,
    at: '2026-07-08T04:00:00.000Z',
    postings: [],
    request: 'a-4',
    points: 5000,
    reason: 'prize of the summer draw',
    reference: 'draw-2026',
    by: 'call-centre',
    until: '2026-08-07T04:00:00.000Z',
  },
  'adjustment.refused.v1': {
    program,
    at: '2026-07-09T04:00:00.000Z',
    postings: [],
    request: 'a-5',
    points: 9000,
    by: 'back-office',
    reason: 'asked twice',
  },
  'account.closed.v1': {
    at: '2026-07-10T04:00:00.000Z',
    postings: [],
    reason: 'card lost',
    reference: 'case-18',
    by: 'call-centre',
  },
  'account.reopened.v1': {
    at: '2026-07-12T04:00:00.000Z',
    postings: [],
    reason: 'card found',
    reference: 'case-18',
    by: 'call-centre',
  },
};
