/** What the API answers, for its description. A test asks for the same and compares. */
export const requestsExample = {
  items: [
    {
      request: 'case-18',
      member: 'm-1001',
      program: 'harbour-club',
      at: '2026-11-22T09:50:33.606Z',
      points: 5000,
      reason: 'moved from the old card',
      by: 'kim',
      until: '2026-12-22T09:50:33.606Z',
      state: 'open',
    },
  ],
  next: null,
};

export const approvedExample = {
  program: 'harbour-club',
  id: 'case-18',
  points: 5000,
  lots: [{ lot: '/adjustment/case-18', points: 5000 }],
  spendable: 5029,
  approval: 'approved',
};

export const refusedExample = {
  program: 'harbour-club',
  id: 'case-19',
  points: 5000,
  lots: [],
  spendable: 4579,
  approval: 'refused',
};
