/** What the API answers, for its description. A test asks for the same and compares. */
export const timelineExample = {
  member: 'm-1001',
  at: '2026-11-22T09:50:34.391Z',
  wallets: [
    {
      program: 'harbour-club',
      spendable: 4529,
      steps: [{ at: '2099-12-31T15:59:59.000Z', activates: 0, released: 0, expires: 4500, repays: 0, spendable: 29 }],
      totals: { activates: 0, released: 0, expires: 4500, repays: 0 },
      further: 0,
    },
  ],
};
