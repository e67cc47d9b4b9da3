/** What the API answers, for its description. A test asks for the same and compares. */
export const reservedExample = {
  program: 'harbour-club',
  id: 'basket-1',
  points: 500,
  lots: [{ lot: '/adjustment/case-18', points: 500 }],
  spendable: 4279,
  until: '2026-11-22T10:06:05.229Z',
  money: { amount: '5', currency: 'CNY', pointValue: '0.01' },
};

export const reservationsExample = {
  items: [
    {
      reservation: 'basket-1',
      program: 'harbour-club',
      points: 500,
      captured: 0,
      state: 'open',
      at: '2026-11-22T09:51:05.229Z',
      until: '2026-11-22T10:06:05.229Z',
    },
  ],
  next: null,
};

export const capturedExample = {
  program: 'harbour-club',
  id: 'basket-1',
  points: 300,
  lots: [{ lot: '/adjustment/case-18', points: 300 }],
  spendable: 4479,
  released: 200,
  money: { amount: '3', currency: 'CNY', pointValue: '0.01' },
};

export const releasedExample = {
  program: 'harbour-club',
  id: 'basket-2',
  points: 500,
  lots: [{ lot: '/adjustment/case-18', points: 500 }],
  spendable: 4479,
  released: 500,
};

export const undoneExample = {
  program: 'harbour-club',
  id: 'undo-till-3/9001',
  points: 200,
  lots: [{ lot: '/adjustment/case-18', points: 200 }],
  spendable: 4779,
  left: 300,
};

export const sentExample = {
  program: 'harbour-club',
  id: 'transfer-1',
  points: 500,
  lots: [{ lot: '/adjustment/case-18', points: 500 }],
  spendable: 3979,
};
