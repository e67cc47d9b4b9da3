import { Body, Controller, Get, Headers, Inject, Param, Post, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { formatInstant } from '@loyalty/kernel';
import { HttpAnswer, Operation, Scopes, toHttp, type Page } from '@loyalty/service';
import { readBalances } from './balances.ts';
import { CommitSignal } from './commit-signal.ts';
import type { PointsAnswer } from './core/input.ts';
import type { Entry } from './entry.ts';
import { listEntries } from './entry-list.ts';
import { type Integrity, readIntegrity } from './integrity.ts';
import { listLots, type LotItem } from './lot-list.ts';
import { causeOf, given, instantParameter, memberParameter, requiredKey } from './parameters.ts';
import { AdjustBody, BalanceQuery, EntriesQuery, IntegrityQuery, LotsQuery, RedeemBody } from './points.dto.ts';
import { adjustWork, redeemWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { type Receipt, receiptOf } from './receipt.ts';
import { POINTS_WRITER } from './tokens.ts';

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
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
    @Inject(CommitSignal) private readonly signal: CommitSignal,
  ) {}

  @Get('members/:member/balance')
  @Scopes('points:read')
  @Operation({
    summary: 'Show where a member’s points stand',
    description:
      'Each wallet’s buckets and what can be spent, now or as of an instant, as known now. Nobody’s points: no wallets.',
  })
  async balance(@Param('member') member: string, @Query() query: BalanceQuery) {
    const at = instantParameter('at', query.at);
    const now = at ?? Date.now();
    const wallets = await readBalances(this.database, member, now, at !== undefined);
    const { program } = query;
    return {
      member,
      at: formatInstant(now),
      wallets: wallets.filter((wallet) => program === undefined || wallet.program === program),
    };
  }

  @Get('members/:member/lots')
  @Scopes('points:read')
  @Operation({
    summary: 'List a member’s lots',
    description: 'By program and lot. A lot is the points of one purchase, adjustment or opening.',
  })
  lots(@Param('member') member: string, @Query() query: LotsQuery): Promise<Page<LotItem>> {
    const at = instantParameter('at', query.at);
    return listLots(this.database, member, {
      ...query,
      at: at ?? Date.now(),
      asOf: at !== undefined,
      open: query.open === 'true',
    });
  }

  @Get('members/:member/entries')
  @Scopes('points:read')
  @Operation({
    summary: 'List a member’s entries, or give the receipt of a purchase',
    description:
      'The latest first, each with the balance after it. With `cause` (a purchase or return, `source/id`) the receipt: what it moved and the ' +
      'wallets as they stand; with `wait` as soon as it is booked, within that many seconds.',
    answers: { 200: 'Entries', 202: 'With `cause`: not booked yet' },
  })
  async entries(
    @Param('member') member: string,
    @Query() query: EntriesQuery,
  ): Promise<Page<Entry> | Receipt | HttpAnswer> {
    const { cause, wait = 0 } = query;
    if (cause === undefined) return listEntries(this.database.pool, member, query);
    const waiting = { wait_ms: wait * 1000, now: Date.now };
    const receipt = await receiptOf(this.database, this.signal, member, causeOf(cause), waiting);
    return receipt ?? new HttpAnswer(202, { items: [], next: null }, { 'Retry-After': '1' });
  }

  @Post('members/:member/redemptions')
  @Scopes('points:write')
  @Operation({ summary: 'Redeem points', description: 'Active points burn, earliest expiry first.', headers, answers })
  async redeem(
    @Param('member') member: string,
    @Body() body: RedeemBody,
    @Headers('idempotency-key') key?: string,
  ): Promise<HttpAnswer<PointsAnswer | null>> {
    return toHttp(await this.writer.execute(redeemWork(memberParameter(member), requiredKey(key), given(body))));
  }

  @Post('members/:member/adjustments')
  @Scopes('points:adjust')
  @Operation({ summary: 'Give or take points, with a reason', headers, answers })
  async adjust(
    @Param('member') member: string,
    @Body() body: AdjustBody,
    @Headers('idempotency-key') key?: string,
  ): Promise<HttpAnswer<PointsAnswer | null>> {
    const { expiresAt, ...rest } = body;
    const until = typeof expiresAt === 'string' ? instantParameter('expiresAt', expiresAt, 'body') : expiresAt;
    return toHttp(
      await this.writer.execute(
        adjustWork(memberParameter(member), requiredKey(key), given({ ...rest, expiresAt: until })),
      ),
    );
  }

  @Get('integrity')
  @Scopes('points:audit')
  @Operation({
    summary: 'Show that no points appeared or vanished',
    description:
      'The sums of all buckets, over all members or of one, with the log positions they stand on. Sums are exact decimal text: over all ' +
      'members they may pass 2^53-1.',
  })
  integrity(@Query() { at, member }: IntegrityQuery): Promise<Integrity> {
    return readIntegrity(this.database.pool, instantParameter('at', at) ?? Date.now(), member);
  }
}
