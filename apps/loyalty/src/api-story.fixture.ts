/** One request of the story: the document's own example of an operation. */
export interface Step {
  readonly operation: string;
  /** The name of the body's and the answer's example; `example` if left out. */
  readonly example?: string;
  /** 201 if left out, else the first that is described. */
  readonly status?: number;
  readonly query?: string;
  /** Parameters that the document cannot know because the server makes them, and keys of what is asked for a second time. */
  readonly made?: (told: (operation: string) => unknown) => Readonly<Record<string, string>>;
  /** The document's answer is of an earlier request: this one only prepares what follows. */
  readonly again?: true;
  /** Whose key it is; kim's if left out. */
  readonly by?: 'lee';
  readonly until?: (body: unknown) => boolean;
}

const step = (operation: string, more: Omit<Step, 'operation'> = {}): Step => ({ operation, ...more });
const key = (name: string) => () => ({ 'Idempotency-Key': name });

/** Of the entry that the redemption made. */
const redeemed: Step['made'] = (told) => {
  const { items } = told('Points.entries') as { items: { id: string; type: string; position: string }[] };
  const { id, position: place } = items.find(({ type }) => type === 'redeemed')!;
  const [shard = '', position = ''] = place.split('/');
  return { id, shard, position };
};

const program = ['Programs.publish', 'Programs.list', 'Rewards.upload', 'Rewards.list'];
const rated = ['Purchases.record', 'Purchases.find', 'Ratings.explain', 'Members.tier', 'Members.history'];
const webhook = ['create', 'ping', 'change', 'rotate'].map((name) => `Webhooks.${name}`);
const cases = ['list', 'show', 'assign', 'act', 'resolve'].map((name) => `Cases.${name}`);
const analytics = ['sales', 'outstanding', 'members', 'tiers', 'nps', 'csat'];

/** Days of a member with the program, and of the people who serve it: every operation there is, in an order that makes sense. */
export const STORY: readonly Step[] = [
  ...program.map((each) => step(each)),
  step('Points.entries', { status: 202, query: '?cause=store-7/000123' }),
  ...rated.map((each) => step(each)),

  step('Points.adjust', { example: 'approval', status: 202, made: key('case-18') }),
  step('Approvals.requests'),
  step('Approvals.approve', { by: 'lee' }),
  step('Points.redeem'),
  ...['Points.balance', 'Points.lots', 'Points.entries', 'Points.integrity'].map((each) => step(each)),
  step('Statement.statement', { query: '?from=2026-01-01' }),
  step('Timeline.timeline'),
  ...['Entries.explain', 'Proof.byId', 'Proof.byPosition'].map((each) => step(each, { made: redeemed })),

  ...webhook.map((each) => step(each)),
  step('Points.adjust'),
  step('Webhooks.deliveries', { until: (body) => (body as { items: unknown[] }).items.length > 1 }),
  ...['Webhooks.list', 'Webhooks.show', 'Webhooks.replay', 'Webhooks.remove'].map((each) => step(each)),

  step('Points.adjust', { example: 'approval', status: 202, made: key('case-19'), again: true }),
  step('Approvals.refuse', { by: 'lee' }),
  step('Spending.undo'),
  step('Spending.reserve'),
  step('Spending.reservations'),
  step('Spending.capture'),
  step('Spending.reserve', { made: key('basket-2'), again: true }),
  step('Spending.voidReservation'),
  step('Spending.transfer'),
  step('Points.redeem', { example: 'reward', made: key('app/9002') }),
  ...['Purchases.recordBatch', 'Purchases.void', 'Feedback.record'].map((each) => step(each)),
  step('Feedback.record', { example: 'satisfied' }),
  ...cases.map((each) => step(each)),
  ...['Accounts.close', 'Accounts.reopen'].map((each) => step(each)),
  ...analytics.map((name) => step(`Analytics.${name}`)),
  // Days of this run are no days of an example.
  step('Analytics.points', { query: '?to=2026-06-30' }),
  ...['list', 'show', 'resubmit', 'discard'].map((name) => step(`DeadLetters.${name}`)),
];
