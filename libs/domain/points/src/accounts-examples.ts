/** What the API answers, for its description. A test asks for the same and compares. */
export const closedExample = {
  position: '6/22',
  id: '01a202aa-9ecb-76a5-8ac2-f58625a54e98',
  type: 'closed',
  at: '2026-11-22T09:51:05.931Z',
  recordedAt: '2026-11-22T09:51:05.931407Z',
  points: 0,
  reason: 'asked to leave the program',
  reference: 'case-17',
  by: 'kim',
  postings: [],
};

export const reopenedExample = {
  position: '6/23',
  id: '01a202aa-9ef3-7380-9106-84f8ea4cac46',
  type: 'reopened',
  at: '2026-11-22T09:51:05.970Z',
  recordedAt: '2026-11-22T09:51:05.970511Z',
  points: 0,
  reason: 'asked to leave the program',
  reference: 'case-17',
  by: 'kim',
  postings: [],
};
