/** What the API answers, for its description. A test asks for the same and compares. */
const standing = {
  at: '2026-11-22T09:51:06.107Z',
  timeZone: 'Asia/Shanghai',
  asOf: {
    feedback: { '6': 6 },
    points: { '0': 3, '1': 3, '2': 7, '3': 3, '4': 3, '5': 3, '6': 23, '7': 3 },
    purchases: { '6': 3 },
    tiers: { '0': 3, '1': 3, '2': 3, '3': 3, '4': 3, '5': 3, '6': 6, '7': 3 },
  },
};

export const salesExample = {
  ...standing,
  items: [
    {
      day: '2026-06-06',
      source: 'store-7',
      store: 'harbour',
      channel: 'store',
      currency: 'CNY',
      purchases: 1,
      returns: 0,
      memberless: 0,
      lines: 2,
      gross: '29.9',
      returned: '0',
      net: '29.9',
    },
  ],
  next: null,
};

export const pointsExample = {
  ...standing,
  items: [
    {
      day: '2026-06-06',
      program: 'harbour-club',
      issued: '49',
      corrected: '-20',
      redeemed: '0',
      reversed: '0',
      expired: '0',
      repaid: '0',
      adjusted: '0',
      opened: '0',
    },
  ],
  next: null,
};

export const outstandingExample = {
  ...standing,
  items: [
    {
      program: 'harbour-club',
      issued: '5079',
      pending: '0',
      active: '2479',
      reserved: '0',
      outstanding: '2479',
      spent: '2600',
      expired: '0',
      reversed: '0',
      owed: '0',
      lots: 5,
      members: 2,
    },
  ],
};

export const memberValueExample = {
  ...standing,
  items: [
    {
      member: 'm-1001',
      currency: 'CNY',
      frequency: 1,
      monetary: '29.9',
      gross: '29.9',
      returned: '0',
      lastPurchaseAt: '2026-06-06T02:15:00.000Z',
      recencyDays: 169,
    },
  ],
  next: null,
};

export const tiersExample = { ...standing, items: [{ program: 'harbour-club', tier: 'bronze', members: 1 }] };

export const npsExample = {
  ...standing,
  total: { answers: 1, promoters: 0, passives: 0, detractors: 1, nps: '-100.0' },
  items: [
    {
      day: '2026-06-06',
      store: 'harbour',
      channel: 'store',
      answers: 1,
      promoters: 0,
      passives: 0,
      detractors: 1,
      nps: '-100.0',
    },
  ],
  next: null,
};

export const csatExample = {
  ...standing,
  total: { answers: 1, satisfied: 1, csat: '100.0', mean: '5.00' },
  items: [
    { day: '2026-06-06', store: 'harbour', channel: 'store', answers: 1, satisfied: 1, scoreSum: 5, csat: '100.0' },
  ],
  next: null,
};
