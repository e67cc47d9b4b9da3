import { Controller, Get, Inject, Query } from '@nestjs/common';
import { DATABASE, parseTimestamptz, type Database } from '@loyalty/database';
import { formatInstant, parseInstant, type EpochMs } from '@loyalty/kernel';
import { BadInputError, Operation, Scopes, type Page } from '@loyalty/service';
import type { ObjectLiteral } from 'typeorm';
import { dailyCsat, dailyNps, dailyPoints, dailySales, memberValue } from './analytics-lists.ts';
import {
  AtPageQuery,
  AtQuery,
  FeedbackQuery,
  MemberValueQuery,
  ProgramDaysQuery,
  SalesQuery,
} from './analytics.dto.ts';
import { csatTotal, npsTotal } from './feedback-totals.ts';
import { standing } from './standing.ts';
import { viewPage, type ViewList } from './view-page.ts';
import { MemberValue, PointsOutstanding, TierCount } from './views/index.ts';
import {
  csatExample,
  memberValueExample,
  npsExample,
  outstandingExample,
  pointsExample,
  salesExample,
  tiersExample,
} from './analytics-examples.ts';

@Controller('v1/analytics')
@Scopes('analytics:read')
export class AnalyticsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Get('daily-sales')
  @Operation({
    summary: 'Sales and returns by business day, source, store, channel and currency',
    answerExample: salesExample,
  })
  sales(@Query() query: SalesQuery) {
    return this.page(query, dailySales(query));
  }

  @Get('daily-points')
  @Operation({
    summary: 'Entries of the points ledger by business day and program',
    description: 'Points are exact decimal text: sums over all members may pass 2^53-1.',
    answerExample: pointsExample,
  })
  points(@Query() query: ProgramDaysQuery) {
    return this.page(query, dailyPoints(query));
  }

  @Get('points')
  @Operation({
    summary: 'Where all points stand, by program',
    description:
      'Issued = pending + active + reserved + spent + expired + reversed - owed. Outstanding = pending + active + reserved. ' +
      'Points are exact decimal text: sums over all members may pass 2^53-1.',
    answerExample: outstandingExample,
  })
  outstanding(@Query() query: AtQuery) {
    return standing(this.database.dataSource, asked(query), async (manager) => ({
      items: await manager.find(PointsOutstanding, { order: { program: 'ASC' } }),
    }));
  }

  @Get('member-value')
  @Operation({
    summary: 'Recency, frequency and monetary value of members, net of returns',
    answerExample: memberValueExample,
  })
  members(@Query() query: MemberValueQuery) {
    return this.page(query, memberValue(query), memberItem);
  }

  @Get('tiers')
  @Operation({
    summary: 'Members by tier',
    description: 'At any instant: downgrades that are certain are known beforehand.',
    answerExample: tiersExample,
  })
  tiers(@Query() query: AtQuery) {
    return standing(this.database.dataSource, asked(query), async (manager) => ({
      items: await manager.find(TierCount, { order: { program: 'ASC', tier: 'ASC' } }),
    }));
  }

  @Get('nps')
  @Operation({
    summary: 'Net promoter score, in all and by business day, store and channel',
    answerExample: npsExample,
  })
  nps(@Query() query: FeedbackQuery) {
    const list = dailyNps(query);
    return standing(this.database.dataSource, asked(query), async (manager) => ({
      total: await npsTotal(manager, list),
      ...(await viewPage(manager, list, query)),
    }));
  }

  @Get('csat')
  @Operation({
    summary: 'Customer satisfaction, in all and by business day, store and channel',
    answerExample: csatExample,
  })
  csat(@Query() query: FeedbackQuery) {
    const list = dailyCsat(query);
    return standing(this.database.dataSource, asked(query), async (manager) => ({
      total: await csatTotal(manager, list),
      ...(await viewPage(manager, list, query)),
    }));
  }

  private page<Row extends ObjectLiteral, Item = Row>(
    query: AtPageQuery,
    list: ViewList<Row>,
    item: (row: Row) => Item = (row) => row as unknown as Item,
  ) {
    return standing(this.database.dataSource, asked(query), async (manager): Promise<Page<Item>> => {
      const { items, next } = await viewPage(manager, list, query);
      return { items: items.map(item), next };
    });
  }
}

function asked({ at, timeZone }: AtQuery): { at: EpochMs | undefined; timeZone: string | undefined } {
  const instant = at === undefined ? undefined : parseInstant(at);
  if (at !== undefined && instant === undefined) {
    const message = 'must be a date and time with its offset, as 2026-06-30T23:59:59+08:00';
    throw new BadInputError([{ pointer: '/at', in: 'query', message }]);
  }
  return { at: instant, timeZone };
}

function memberItem({ lastPurchaseAt, recencyDays, ...row }: MemberValue) {
  return {
    ...row,
    lastPurchaseAt: lastPurchaseAt === null ? null : formatInstant(Math.floor(parseTimestamptz(lastPurchaseAt) / 1000)),
    recencyDays: recencyDays === null ? null : Number(recencyDays),
  };
}
