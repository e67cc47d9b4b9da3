import type { z } from 'zod';
import type { eventContracts } from './index.ts';
import type { PurchaseDocumentInput } from './purchase-document.ts';
import { reactionExamples } from './reaction-examples.ts';
import { rewardExamples } from './reward-examples.ts';
import { spendingExamples } from './spending-examples.ts';

/**
 * One story, told in every event there is: a silver member buys coffee and tea for 29.90 and earns 37 points,
 * brings the tea back, spends some points, complains, and is heard. Printed in the reference, parsed by a test.
 */
const member = 'm-1001';
const purchase = { source: 'store-7', id: '000123' };
const returned = { source: 'store-7', id: '000131' };
const lot = 'store-7/000123';
const program = 'harbour-club';
const at = '2026-06-06T02:15:00.000Z';
const returnedAt = '2026-06-20T03:00:00.000Z';
const activeFrom = '2026-06-20T02:15:00.000Z';
const expiresAt = '2027-06-30T16:00:00.000Z';
const version = '61bae1299e56a1fa62c5e49c019adc6aff9312a100fb9dc12ba8a0942b3737fe';
const document = { ...purchase, member, at, currency: 'CNY', store: 'harbour', channel: 'store' };

const moved = <From extends string, To extends string>(lot: string, from: From, to: To, points: number) => [
  { lot, bucket: from, points: -points },
  { lot, bucket: to, points },
];

export const purchaseDocumentExample: PurchaseDocumentInput = {
  ...document,
  at: '2026-06-06T10:15:00+08:00',
  currency: 'CNY',
  lines: [
    { item: 'coffee-1kg', category: 'coffee', quantity: '1', unitPrice: '19.90' },
    { item: 'tea-250g', category: 'tea', quantity: '1', unitPrice: '10.00' },
  ],
  tenders: [{ type: 'card', amount: '29.90' }],
};

const purchasesExamples = {
  'purchase.recorded.v1': {
    ...document,
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
  'purchase.returned.v1': {
    ...document,
    ...returned,
    at: returnedAt,
    lines: [
      {
        line: 1,
        item: 'tea-250g',
        quantity: '1',
        unitPrice: '10',
        kind: 'goods',
        amount: '10',
        of: purchase,
        matches: [{ ...purchase, line: 2, quantity: '1' }],
        unmatched: '0',
      },
    ],
    total: '10',
  },
  'purchase.amended.v1': {
    return: returned,
    at: returnedAt,
    lines: [{ line: 1, matches: [], unmatched: '1' }],
    cause: { kind: 'void', ...purchase },
  },
  'purchase.voided.v1': { ...purchase, at, reason: 'rung up twice' },
} satisfies Examples<'purchases'>;

const rating = {
  purchase,
  at,
  program,
  version,
  tier: 'silver',
  points: 37,
  cells: [
    { line: 1, rule: 'base', points: 20 },
    { line: 1, rule: 'tier-bonus', points: 5 },
    { line: 2, rule: 'base', points: 10 },
    { line: 2, rule: 'tier-bonus', points: 2 },
  ],
  eligible: '29.9',
  activeFrom,
  expiresAt,
  shortfall: 'owe' as const,
  currency: 'CNY',
  lines: [
    { line: 1, quantity: '1', amount: '19.9', eligible: '19.9' },
    { line: 2, quantity: '1', amount: '10', eligible: '10' },
  ],
};

const tiersExamples = {
  ...reactionExamples,
  'program.published.v1': {
    program,
    effectiveFrom: '2025-12-31T16:00:00.000Z',
    version,
    document: 'program: harbour-club\neffectiveFrom: 2026-01-01T00:00:00+08:00\n',
  },
  'purchase.rated.v1': rating,
  'return.rated.v1': {
    return: returned,
    at: returnedAt,
    program,
    reversals: [{ purchase, points: 12, eligible: '10', lines: [{ line: 2, points: 12 }] }],
    matches: [{ ...purchase, line: 2, quantity: '1' }],
  },
  'rating.corrected.v1': {
    cause: { kind: 'void', source: 'store-7', id: '000088' },
    previousPoints: 37,
    purchase: {
      ...rating,
      tier: 'bronze',
      points: 29,
      cells: [
        { line: 1, rule: 'base', points: 19 },
        { line: 2, rule: 'base', points: 10 },
      ],
    },
    course: [{ tier: 'bronze', from: '2026-05-30T08:00:00.000Z' }],
  },
  'tier.changed.v1': {
    program,
    at: '2026-05-30T08:00:00.000Z',
    from: 'bronze',
    to: 'silver',
    reason: 'qualified',
    course: [
      { tier: 'silver', from: '2026-05-30T08:00:00.000Z' },
      { tier: 'bronze', from: '2027-06-29T08:00:00.000Z' },
    ],
  },
  'tier.opened.v1': {
    program,
    tier: 'silver',
    since: '2026-01-01T00:00:00.000Z',
    keepUntil: '2027-01-01T00:00:00.000Z',
    reference: 'migration-2026',
  },
} satisfies Examples<'tiers'>;

const terms = { activeFrom, expiresAt };

const pointsExamples = {
  ...reactionExamples,
  ...spendingExamples,
  ...rewardExamples,
  'points.earned.v1': {
    program,
    at,
    ...terms,
    lot,
    points: 37,
    cause: purchase,
    version,
    tier: 'silver',
    shortfall: 'owe',
    cells: rating.cells,
    postings: moved(lot, 'issued', 'held', 37),
  },
  'points.corrected.v1': {
    program,
    at,
    ...terms,
    lot,
    points: -8,
    cause: purchase,
    reason: 'void',
    version,
    tier: 'bronze',
    shortfall: 'owe',
    postings: [
      { lot, bucket: 'issued', points: 8 },
      { lot, bucket: 'held', points: -8 },
    ],
  },
  'points.reversed.v1': {
    program,
    at: returnedAt,
    lot,
    points: 12,
    cause: returned,
    shortfall: 0,
    postings: moved(lot, 'held', 'reversed', 12),
  },
  'points.expired.v1': {
    program,
    at: expiresAt,
    lot,
    points: 5,
    postings: moved(lot, 'held', 'expired', 5),
  },
  'points.repaid.v1': {
    program,
    at: activeFrom,
    lot,
    points: 10,
    postings: moved(lot, 'held', 'owed', 10),
  },
  'points.redeemed.v1': {
    program,
    at: '2026-07-01T04:00:00.000Z',
    redemption: 'r-55',
    points: 20,
    allocations: [{ lot, points: 20 }],
    reference: 'till-3/9001',
    postings: moved(lot, 'held', 'spent', 20),
  },
  'points.adjusted.v1': {
    program,
    at: '2026-07-02T04:00:00.000Z',
    activeFrom: '2026-07-02T04:00:00.000Z',
    expiresAt: '2027-07-31T16:00:00.000Z',
    lot: '/adjustment/a-9',
    points: 50,
    reason: 'goodwill',
    reference: 'case-17',
    postings: moved('/adjustment/a-9', 'issued', 'held', 50),
  },
  'points.opened.v1': {
    program,
    at: '2026-01-01T00:00:00.000Z',
    activeFrom: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-12-31T16:00:00.000Z',
    lot: '/opening/old-1',
    points: 400,
    reference: 'old-1',
    postings: moved('/opening/old-1', 'issued', 'held', 400),
  },
  'terms.learned.v1': {
    program,
    version,
    effectiveFrom: '2025-12-31T16:00:00.000Z',
    timeZone: 'Asia/Shanghai',
    expiry: { after: 'P12M', alignTo: 'endOfMonth' },
    minimumRedemption: 100,
    reservationTtl: 'PT30M',
    undoExpired: 'P30D',
  },
} satisfies Examples<'points'>;

const answered = { answer: 'nps-2026-06-07-1', member, at: '2026-06-07T01:00:00.000Z' };

const feedbackExamples = {
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

/** One valid payload for every event type, by service. */
export const eventExamples: { readonly [Service in keyof Contracts]: Readonly<Record<string, unknown>> } = {
  purchases: purchasesExamples,
  tiers: tiersExamples,
  points: pointsExamples,
  feedback: feedbackExamples,
};
