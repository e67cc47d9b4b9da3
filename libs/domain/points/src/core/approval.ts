import type { AdjustmentRequested } from '@loyalty/contracts';
import { addPeriod, type EpochMs, formatInstant, parsePeriod, timeZone } from '@loyalty/kernel';
import { adjust } from './adjust.ts';
import type { Approve, RefuseRequest } from './approval-input.ts';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { MemberNote, PointsEvent } from './event.ts';
import type { Adjust } from './input.ts';
import { instant } from './instant.ts';
import { lotOfAdjustment } from './lot.ts';
import type { Allocation } from './reservation.ts';
import { purseOf } from './spending.ts';
import { termsAt } from './terms.ts';
import type { FullState } from './wallet.ts';

/** An adjustment that was asked for and needed approval. Kept for ever: whoever comes too late is told why. */
export interface AdjustmentRequest {
  readonly asked: Omit<AdjustmentRequested, 'postings' | 'at'>;
  readonly until: EpochMs;
  /** An open one may have lapsed: its `until` tells. */
  state: 'open' | 'approved' | 'refused';
  /** What an approval moved. */
  lots: readonly Allocation[];
}

/** Who adjusts where nobody is named: a command of this product's own. */
export const NOBODY_NAMED = 'system';
const DEFAULT_WITHIN = 'P30D';

/**
 * Adjusts, or, above the program's `adjustments.approvalAbove`, asks for a second person's approval. What could not be done is refused
 * at once, as `adjust` refuses it, so that nobody is asked for it.
 */
export function adjustOrAsk(input: Adjust, state: FullState, context: PointsContext): PointsDecision {
  const decision = adjust(input, state, context);
  if (decision.kind !== 'accepted' || !decision.answer) return decision;
  const { program, id, points } = decision.answer;
  const { now, global } = context;
  const terms = termsAt(global.terms, program, now);
  if (!terms || Math.abs(points) <= (terms.approvalAbove ?? Infinity)) return decision;
  const within = parsePeriod(terms.approvalWithin ?? DEFAULT_WITHIN);
  if (!within) throw new Error(`not a period: ${terms.approvalWithin}`);
  const until = formatInstant(addPeriod(timeZone(terms.timeZone), now, within));
  const { reason, reference, expiresAt, by = NOBODY_NAMED } = input;
  const data = {
    program,
    at: formatInstant(now),
    postings: [],
    request: id,
    points,
    reason,
    ...(reference !== undefined && { reference }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : formatInstant(expiresAt) }),
    by,
    until,
  };
  const answer = {
    program,
    id,
    points,
    lots: [],
    spendable: spendableIn(state, program, now),
    approval: 'open' as const,
    until,
  };
  return accepted([{ type: 'adjustment.requested.v1', time: now, data }], answer);
}

/**
 * Makes an adjustment that was asked for, now and on what there is now. Approving it again changes nothing and gives the same
 * answer but for what can be spent. Refused: `unknown_request`, `self_approval`, `request_refused`, `request_lapsed`, and whatever `adjust`
 * refuses: the request then stays open.
 */
export function approve({ request: id, by }: Approve, state: FullState, context: PointsContext): PointsDecision {
  const request = state.requests.get(lotOfAdjustment(id));
  if (!request) return unknownRequest(id);
  const { asked } = request;
  if (asked.by === by) {
    const message = `${by} asked for it: somebody else must approve.`;
    return refused('self_approval', message, { pointer: '/request', details: { by } });
  }
  const { program, points, reason, reference, expiresAt } = asked;
  if (request.state === 'approved') {
    const spendable = spendableIn(state, program, context.now);
    return accepted([], { program, id, points, lots: request.lots, spendable, approval: 'approved' });
  }
  const closed = closedBecause(request, context.now);
  if (closed) return closed;
  const input: Adjust = {
    kind: 'adjust',
    id,
    program,
    points,
    reason,
    ...(reference !== undefined && { reference }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : instant(expiresAt) }),
    by: asked.by,
    approvedBy: by,
  };
  const decision = adjust(input, state, context);
  if (decision.kind !== 'accepted' || !decision.answer) return decision;
  return accepted(decision.events, { ...decision.answer, approval: 'approved' });
}

/**
 * Refuses an adjustment that was asked for; whoever asked may do so too. Refused again it changes nothing.
 * Refused: `unknown_request`, `request_approved`, `request_lapsed`.
 */
export function refuseRequest(input: RefuseRequest, state: FullState, { now }: PointsContext): PointsDecision {
  const { request: id, by, reason } = input;
  const request = state.requests.get(lotOfAdjustment(id));
  if (!request) return unknownRequest(id);
  const { program, points } = request.asked;
  const answer = {
    program,
    id,
    points,
    lots: [],
    spendable: spendableIn(state, program, now),
    approval: 'refused' as const,
  };
  if (request.state === 'refused') return accepted([], answer);
  if (request.state === 'approved') {
    return refused('request_approved', `Adjustment ${id} was approved and made: adjust it back.`, {
      pointer: '/request',
    });
  }
  const closed = closedBecause(request, now);
  if (closed) return closed;
  const at = formatInstant(now);
  const data = { program, at, postings: [], request: id, points, by, ...(reason !== undefined && { reason }) };
  return accepted([{ type: 'adjustment.refused.v1', time: now, data }], answer);
}

type RequestNote = Extract<MemberNote, { type: 'adjustment.requested.v1' | 'adjustment.refused.v1' }>;

/** What is remembered of a request and its refusal. */
export function noteRequest(state: FullState, { type, data }: RequestNote): void {
  const key = lotOfAdjustment(data.request);
  if (type === 'adjustment.requested.v1') {
    state.requests.set(key, { asked: data, until: instant(data.until), state: 'open', lots: [] });
    state.weight += 400;
  } else {
    const request = state.requests.get(key);
    if (request) request.state = 'refused';
  }
}

/** An adjustment that somebody approved was asked for before. */
export function noteApproval(state: FullState, { data }: Extract<PointsEvent, { type: 'points.adjusted.v1' }>): void {
  const request = data.approvedBy === undefined ? undefined : state.requests.get(data.lot);
  if (!request) return;
  request.state = 'approved';
  request.lots = data.allocations ?? [{ lot: data.lot, points: data.points }];
}

function closedBecause({ asked, state, until }: AdjustmentRequest, now: EpochMs): PointsDecision | undefined {
  const about = { pointer: '/request' };
  if (state === 'refused') return refused('request_refused', `Adjustment ${asked.request} was refused.`, about);
  if (now < until) return undefined;
  const message = `Adjustment ${asked.request} could be approved until ${asked.until}: ask again.`;
  return refused('request_lapsed', message, { ...about, details: { until: asked.until } });
}

function unknownRequest(id: string): PointsDecision {
  return refused('unknown_request', `The member has no adjustment ${id} that needs approval.`, { pointer: '/request' });
}

function spendableIn({ wallets }: FullState, program: string, now: EpochMs): number {
  const wallet = wallets.get(program);
  return wallet ? purseOf(wallet, now).spendable : 0;
}
