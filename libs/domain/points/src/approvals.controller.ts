import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { type ApiKey, HttpAnswer, Operation, Scopes, toHttp, type Page } from '@loyalty/service';
import { RefuseBody, RequestsQuery } from './approvals.dto.ts';
import { NOBODY_NAMED } from './core/approval.ts';
import type { PointsAnswer } from './core/input.ts';
import { given, memberParameter, requiredKey } from './parameters.ts';
import type { PointsWriter } from './points-writer.ts';
import { listRequests, type RequestItem } from './request-list.ts';
import { approveWork, refuseWork } from './reward-work.ts';
import { POINTS_WRITER } from './tokens.ts';
import { approvedExample, refusedExample, requestsExample } from './approvals-examples.ts';

const headers = {
  'Idempotency-Key': 'Required. Yours: sent again it gives the same answer, refusals included.',
};

/** Who asks: people are told apart by their keys. */
export interface Asked {
  readonly apiKey?: ApiKey;
}

export const askedBy = ({ apiKey }: Asked): string => apiKey?.name ?? NOBODY_NAMED;

/** Adjustments large enough to need a second person. */
@Controller('v1')
export class ApprovalsController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
  ) {}

  @Get('adjustments')
  @Scopes('points:adjust')
  @Operation({
    summary: 'List adjustments that need approval',
    description: 'Of all members, the oldest first; those still open, unless another `state` is asked for.',
    answerExample: requestsExample,
  })
  requests(@Query() query: RequestsQuery): Promise<Page<RequestItem>> {
    const { state = 'open', program, limit, cursor } = query;
    return listRequests(this.database.pool, { now: Date.now(), state, program, limit, cursor });
  }

  @Post('members/:member/adjustments/:request/approve')
  @Scopes('points:approve')
  @Operation({
    summary: 'Approve an adjustment: now it is made',
    description:
      'By another key than asked for it. Approved again it changes nothing. Refused: `self_approval`, `unknown_request`, ' +
      '`request_refused`, `request_lapsed`, and whatever an adjustment is refused for: the request then stays open.',
    headers,
    answers: { 201: 'Done', 200: 'Done before', 422: 'Refused, with a stable `code`' },
    parameters: { member: 'm-1001', request: 'case-18', 'Idempotency-Key': 'approve-case-18' },
    answerExample: approvedExample,
  })
  async approve(
    @Param('member') member: string,
    @Param('request') request: string,
    @Req() asked: Asked,
    @Headers('idempotency-key') key?: string,
  ): Promise<HttpAnswer<PointsAnswer | null>> {
    const work = approveWork(memberParameter(member), requiredKey(key), { request, by: askedBy(asked) });
    return toHttp(await this.writer.execute(work));
  }

  @Post('members/:member/adjustments/:request/refuse')
  @Scopes('points:adjust')
  @Operation({
    summary: 'Refuse an adjustment, or take one’s own request back',
    description: 'Refused again it changes nothing. Refused: `unknown_request`, `request_approved`, `request_lapsed`.',
    headers,
    answers: { 201: 'Done', 200: 'Done before', 422: 'Refused, with a stable `code`' },
    parameters: { member: 'm-1001', request: 'case-19', 'Idempotency-Key': 'refuse-case-19' },
    answerExample: refusedExample,
  })
  async refuse(
    @Param('member') member: string,
    @Param('request') request: string,
    @Body() body: RefuseBody,
    @Req() asked: Asked,
    @Headers('idempotency-key') key?: string,
  ): Promise<HttpAnswer<PointsAnswer | null>> {
    const work = refuseWork(memberParameter(member), requiredKey(key), {
      request,
      by: askedBy(asked),
      ...given(body),
    });
    return toHttp(await this.writer.execute(work));
  }
}
