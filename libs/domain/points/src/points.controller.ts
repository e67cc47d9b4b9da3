import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { HttpAnswer, Operation, Scopes, toHttp, type Page } from '@loyalty/service';
import { type Asked, askedBy } from './approvals.controller.ts';
import { readBalances } from './balances.ts';
import { closedSince } from './closed-since.ts';
import { Bookings } from './bookings.ts';
import { CommitSignal } from './commit-signal.ts';
import type { PointsAnswer } from './core/input.ts';
import type { Entry } from './entry.ts';
import { listEntries } from './entry-list.ts';
import { type Integrity, readIntegrity } from './integrity.ts';
import { listLots, type LotItem } from './lot-list.ts';
import { momentOf, momentShown } from './moment.ts';
import {
  causeOf,
  given,
  instantParameter,
  memberParameter,
  requiredKey,
  rewardAlone,
  withTotal,
} from './parameters.ts';
import { AdjustBody, BalanceQuery, EntriesQuery, IntegrityQuery, LotsQuery, RedeemBody } from './points.dto.ts';
import { adjustWork, redeemWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { type Receipt, receiptOf } from './receipt.ts';
import { RewardDesk } from './reward-desk.ts';
import { POINTS_WRITER } from './tokens.ts';
import {
  adjustedExample,
  balanceExample,
  entriesExample,
  integrityExample,
  lotsExample,
  redeemedExample,
  redeemedRewardExample,
  requestedExample,
} from './points-examples.ts';

const headers = {
  'Idempotency-Key': 'Required. Yours: sent again with the same body it gives the same answer, refusals included.',
};
const answers = {
  200: 'Done before',
  201: 'Done',
  409: 'The key was used with another body',
  422: 'Refused, with a stable `code`',
};

@Controller('v1')
export class PointsController {
  constructor(
    @Inject(DATABASE) readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
    @Inject(CommitSignal) readonly signal: CommitSignal,
    @Inject(Bookings) readonly bookings: Bookings,
    @Inject(RewardDesk) private readonly desk: RewardDesk,
  ) {}

  @Get('members/:member/balance')
  @Scopes('points:read')
  @Operation({
    summary: 'Show where a member’s points stand',
    description:
      'Each wallet’s buckets and what can be spent, now or as of an instant (`at`), as known now or at a recorded time (`known`). What was ' +
      'true on 31 December is `at`, what was believed then is `known`. Nobody’s points: no wallets. ' +
      '`closedAt`: since when the account is closed; left out where it is open.',
    parameters: { member: 'm-1001' },
    answerExample: balanceExample,
  })
  async balance(@Param('member') member: string, @Query() query: BalanceQuery) {
    const moment = momentOf(query);
    const [wallets, closedAt] = await Promise.all([
      readBalances(this.database, member, moment),
      closedSince(this.database.pool, member, moment),
    ]);
    const { program } = query;
    return {
      member,
      ...momentShown(moment),
      ...(closedAt !== null && { closedAt }),
      wallets: wallets.filter((wallet) => program === undefined || wallet.program === program),
    };
  }

  @Get('members/:member/lots')
  @Scopes('points:read')
  @Operation({
    summary: 'List a member’s lots',
    description: 'By program and lot. A lot is the points of one purchase, adjustment or opening.',
    parameters: { member: 'm-1001' },
    answerExample: lotsExample,
  })
  lots(@Param('member') member: string, @Query() query: LotsQuery): Promise<Page<LotItem>> {
    return listLots(this.database, member, { ...query, moment: momentOf(query), open: query.open === 'true' });
  }

  @Get('members/:member/entries')
  @Scopes('points:read')
  @Operation({
    summary: 'List a member’s entries, or give the receipt of a purchase',
    description:
      'The latest first, each with the balance after it. With `cause` (a purchase or return, `source/id`) the receipt: what it moved and the ' +
      'wallets as they stand; with `wait` as soon as it is booked, within that many seconds. With `at` only what took effect by then, with ' +
      '`known` only what was recorded by then.',
    answers: {
      200: 'Entries',
      202: { description: 'With `cause`: not booked yet', example: { items: [], next: null } },
    },
    parameters: { member: 'm-1001' },
    answerExample: entriesExample,
  })
  async entries(
    @Param('member') member: string,
    @Query() query: EntriesQuery,
  ): Promise<Page<Entry> | Receipt | HttpAnswer> {
    const { cause, wait = 0 } = query;
    if (cause === undefined) {
      const moment = momentOf(query);
      return listEntries(this.database.pool, member, { ...query, moment: moment.isNow ? undefined : moment });
    }
    const waiting = { wait_ms: wait * 1000, now: Date.now };
    const receipt = await receiptOf(this, member, causeOf(cause), waiting);
    return receipt ?? new HttpAnswer(202, { items: [], next: null }, { 'Retry-After': '1' });
  }

  @Post('members/:member/redemptions')
  @Scopes('points:write')
  @Operation({
    summary: 'Redeem points, for money off or for a reward',
    description:
      'Active points burn, earliest expiry first. With `points`: `money` in the answer is what they are worth by the program. Refused: ' +
      '`insufficient_points`, `below_minimum`, `purchase_total_required`, `above_share_of_purchase`, `wrong_currency`, `program_required`, `account_closed`. ' +
      'With `reward`: its price is taken, and where it has codes, `code` is the member’s; a retry gives the same code. Refused: ' +
      '`unknown_reward`, `reward_not_available`, `reward_not_for_tier`, `reward_limit_reached`, `insufficient_points`, `reward_out_of_stock`, `account_closed`.',
    headers,
    bodyExamples: { reward: { reward: 'voucher-20', reference: 'app/9002' } },
    answers: {
      ...answers,
      200: { description: answers[200], examples: { reward: redeemedRewardExample } },
      201: { description: answers[201], examples: { reward: redeemedRewardExample } },
      503: '`reward_busy`: the last pieces are held for others, ask again with the same key',
    },
    parameters: { member: 'm-1001', 'Idempotency-Key': 'till-3/9001' },
    answerExample: redeemedExample,
  })
  async redeem(
    @Param('member') member: string,
    @Body() body: RedeemBody,
    @Headers('idempotency-key') key?: string,
  ): Promise<HttpAnswer<PointsAnswer | null>> {
    const { points, reward, ...more } = given(body);
    const [who, once] = [memberParameter(member), requiredKey(key)];
    if (points !== undefined && reward === undefined)
      return toHttp(await this.writer.execute(redeemWork(who, once, withTotal({ points, ...more }))));
    return toHttp(await this.desk.redeem(who, once, rewardAlone({ points, reward, ...more })));
  }

  @Post('members/:member/adjustments')
  @Scopes('points:adjust')
  @Operation({
    summary: 'Give or take points, with a reason',
    description:
      'Above the program’s `adjustments.approvalAbove` no points move yet: the answer is 202, and somebody else approves. Refused: ' +
      '`insufficient_points`, `program_required`, `unknown_program`, `expiry_required`, `expires_in_the_past`, `too_many_points`; `account_closed` where points are given.',
    headers,
    answers: {
      ...answers,
      202: {
        description: 'Asked for: it needs approval, until the instant in `until`',
        examples: { approval: requestedExample },
      },
    },
    parameters: { member: 'm-1001', 'Idempotency-Key': 'case-17' },
    bodyExamples: {
      approval: {
        points: 5000,
        reason: 'moved from the old card',
        program: 'harbour-club',
        expiresAt: '2099-12-31T23:59:59+08:00',
      },
    },
    answerExample: adjustedExample,
  })
  async adjust(
    @Param('member') member: string,
    @Body() body: AdjustBody,
    @Req() asked: Asked,
    @Headers('idempotency-key') key?: string,
  ): Promise<HttpAnswer<PointsAnswer | null>> {
    const { expiresAt, ...rest } = body;
    const until = typeof expiresAt === 'string' ? instantParameter('expiresAt', expiresAt, 'body') : expiresAt;
    const what = given({ ...rest, expiresAt: until });
    const outcome = await this.writer.execute(
      adjustWork(memberParameter(member), requiredKey(key), what, askedBy(asked)),
    );
    const waits = outcome.kind === 'accepted' && outcome.answer?.approval === 'open';
    return toHttp(outcome, waits ? { created: 202, replayed: 202 } : {});
  }

  @Get('integrity')
  @Scopes('points:audit')
  @Operation({
    summary: 'Show that no points appeared or vanished',
    description:
      'The sums of all buckets, over all members or of one, with the log positions they stand on. Sums are exact decimal text: over all ' +
      'members they may pass 2^53-1.',
    answerExample: integrityExample,
  })
  integrity(@Query() { at, member }: IntegrityQuery): Promise<Integrity> {
    return readIntegrity(this.database.pool, instantParameter('at', at) ?? Date.now(), member);
  }
}
