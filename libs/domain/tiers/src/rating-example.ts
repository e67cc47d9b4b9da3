/** What the API answers, for its description. A test asks for the same and compares. */
export const ratingExample = {
  member: 'm-1001',
  purchases: [
    {
      purchase: { source: 'store-7', id: '000123' },
      at: '2026-06-06T02:15:00.000Z',
      program: 'harbour-club',
      version: 'ff5e5aebc277b1dcafb90e356555aef36d54e9eb5e9570f99f15556618645615',
      tier: 'bronze',
      points: 29,
      cells: [
        { line: 1, rule: 'base', points: 19 },
        { line: 2, rule: 'base', points: 10 },
      ],
      eligible: '29.9',
      activeFrom: '2026-06-06T02:15:00.000Z',
      expiresAt: null,
      shortfall: 'owe',
      currency: 'CNY',
      lines: [
        { line: 1, quantity: '1', amount: '19.9', eligible: '19.9' },
        { line: 2, quantity: '1', amount: '10', eligible: '10' },
      ],
      notFired: [{ rule: 'tier-bonus', because: 'tier' }],
    },
  ],
  returns: [],
};
