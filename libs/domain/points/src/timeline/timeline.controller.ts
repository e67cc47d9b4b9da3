import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { formatInstant } from '@loyalty/kernel';
import { Operation, Scopes } from '@loyalty/service';
import { readTimeline, type WalletTimeline } from './read-timeline.ts';
import { timelineExample } from './timeline-example.ts';
import { TimelineQuery } from './timeline.dto.ts';

@Controller('v1/members/:member/timeline')
export class TimelineController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Get()
  @Scopes('points:read')
  @Operation({
    summary: 'Show what time alone will do to a member’s points',
    description:
      'When points become spendable, when they expire, when reservations end and what is repaid, by program and in the order of time, with ' +
      '`spendable` after each step. Exact if nothing else happens; a purchase or redemption moves what expires by inactivity.',
    answers: { 200: { description: 'What is known to come', example: timelineExample } },
    parameters: { member: 'm-1001' },
  })
  async timeline(
    @Param('member') member: string,
    @Query() { program, limit }: TimelineQuery,
  ): Promise<{ member: string; at: string; wallets: WalletTimeline[] }> {
    const now = Date.now();
    const wallets = await readTimeline(this.database, member, now, limit);
    return {
      member,
      at: formatInstant(now),
      wallets: wallets.filter((wallet) => program === undefined || wallet.program === program),
    };
  }
}
