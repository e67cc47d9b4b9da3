const member = 'm-1001';
const purchase = { source: 'store-7', id: '000123' };

/** The end of the story in examples.ts: the member complains and is heard. */
export const feedbackExamples = {
  'feedback.answered.v1': {
    ...answered,
    kind: 'nps',
    score: 4,
    comment: 'Cold coffee, twice.',
    language: 'en',
    channel: 'store',
    store: 'harbour',
    purchase,
  },
  'case.opened.v1': { case: 'case-17', ...answered, reason: 'detractor' },
  'case.assigned.v1': { case: 'case-17', at: '2026-06-07T02:00:00.000Z', assignee: 'agent-4' },
  'case.acted.v1': { case: 'case-17', at: '2026-06-08T02:00:00.000Z', by: 'agent-4', action: 'called' },
  'case.resolved.v1': { case: 'case-17', at: '2026-06-09T02:00:00.000Z', by: 'agent-4', rootCause: 'machine' },
} satisfies Examples<'feedback'>;

type Contracts = typeof eventContracts;
type Examples<Service extends keyof Contracts> = {
  [Type in keyof Contracts[Service]]: Contracts[Service][Type] extends { schema: infer Schema extends z.ZodType }
    ? z.input<Schema>
    : never;
};
