/** For the API's description. A spec asks for the same and compares. */
export const timelineExample = {
  member: 'm-1001',
  at: '2026-04-20T02:00:00.000Z',
  wallets: [
    {
      program: 'harbour-club',
      spendable: 120,
      steps: [
        { at: '2026-05-02T16:00:00.000Z', activates: 0, released: 0, expires: 120, repays: 0, spendable: 0 },
        { at: '2026-05-31T16:00:00.000Z', activates: 500, released: 0, expires: 0, repays: 0, spendable: 500 },
        { at: '2027-05-31T16:00:00.000Z', activates: 0, released: 0, expires: 500, repays: 0, spendable: 0 },
      ],
      totals: { activates: 500, released: 0, expires: 620, repays: 0 },
      further: 0,
    },
  ],
};
