/** What the API answers, for its description. A test asks for the same and compares. */
export const casesExample = {
  items: [
    {
      id: 'case-survey-7/000123',
      status: 'open',
      member: 'm-1001',
      answer: 'survey-7/000123',
      reason: 'detractor',
      kind: 'nps',
      score: 3,
      openedAt: '2026-06-06T02:15:00.000Z',
      actions: 0,
    },
  ],
  next: null,
};

export const caseExample = {
  id: 'case-survey-7/000123',
  status: 'open',
  member: 'm-1001',
  answer: 'survey-7/000123',
  reason: 'detractor',
  kind: 'nps',
  score: 3,
  openedAt: '2026-06-06T02:15:00.000Z',
  actions: 0,
  history: [
    {
      at: '2026-06-06T02:15:00.000Z',
      what: 'answered',
      kind: 'nps',
      score: 3,
      language: 'en',
      channel: 'store',
      store: 'harbour',
      comment: { text: 'The coffee was cold.' },
    },
    { at: '2026-06-06T02:15:00.000Z', what: 'opened' },
  ],
};
