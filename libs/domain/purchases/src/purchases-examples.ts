/** What the API answers, for its description. A test asks for the same and compares. */
export const recordedExample = { source: 'store-7', id: '000123', status: 'recorded' };

export const batchExample = {
  accepted: 1,
  duplicate: 1,
  rejected: 0,
  items: [
    { status: 200, answer: { source: 'store-7', id: '000123', status: 'recorded' } },
    { status: 201, answer: { source: 'store-7', id: '000124', status: 'recorded' } },
  ],
};

export const voidedExample = { source: 'store-7', id: '000124', status: 'voided' };

export const foundExample = {
  source: 'store-7',
  id: '000123',
  member: 'm-1001',
  status: 'recorded',
  purchase: {
    source: 'store-7',
    id: '000123',
    member: 'm-1001',
    at: '2026-06-06T02:15:00.000Z',
    currency: 'CNY',
    store: 'harbour',
    channel: 'store',
    lines: [
      {
        line: 1,
        item: 'coffee-1kg',
        category: 'coffee',
        quantity: '1',
        unitPrice: '19.9',
        kind: 'goods',
        amount: '19.9',
      },
      { line: 2, item: 'tea-250g', category: 'tea', quantity: '1', unitPrice: '10', kind: 'goods', amount: '10' },
    ],
    tenders: [{ type: 'card', amount: '29.9' }],
    total: '29.9',
  },
  return: null,
  voided: null,
};
