/** What the API answers, for its description. A test asks for the same and compares. */
export const tierExample = {
  member: 'm-1001',
  program: 'harbour-club',
  at: '2026-11-22T09:50:33.547Z',
  tier: 'bronze',
  since: '2026-06-06T02:15:00.000Z',
  until: null,
  next: null,
};

export const historyExample = {
  member: 'm-1001',
  program: 'harbour-club',
  steps: [{ tier: 'bronze', from: '2026-06-06T02:15:00.000Z', until: null, certain: false }],
};
