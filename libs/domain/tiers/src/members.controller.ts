import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { formatInstant, parseInstant, type EpochMs } from '@loyalty/kernel';
import { BadInputError, NotFoundError, Operation, Scopes } from '@loyalty/service';
import { readMemberTiers, stepAt, type MemberTiers, type TierStep } from './read-tiers.ts';
import { loadPrograms } from './published-programs.ts';
import { MemberProgramQuery, TierAtQuery } from './tiers.dto.ts';
import { historyExample, tierExample } from './members-examples.ts';

/** What a member's tier is, was and will be if nothing else happens: all from the certain steps, exact at any instant. */
@Controller('v1/members/:id/tier')
export class MembersController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Get()
  @Scopes('tiers:read')
  @Operation({
    summary: 'The tier a member holds at an instant',
    description: '`until` is the end that is certain if nothing else happens; null where none is.',
    answers: { 200: 'The tier; null before the first fact', 404: 'Nothing is known of the member' },
    parameters: { id: 'm-1001' },
    answerExample: tierExample,
  })
  async tier(@Param('id') member: string, @Query() { at, program }: TierAtQuery) {
    const instant = at === undefined ? Date.now() : parseInstant(at);
    if (instant === undefined) {
      throw new BadInputError([
        {
          pointer: '/at',
          message: 'must be a date and time with its offset, as 2026-06-06T10:15:00+08:00',
          in: 'query',
        },
      ]);
    }
    const tiers = await this.tiersOf(member, program);
    const step = stepAt(tiers.steps, instant);
    const next = step && tiers.steps[tiers.steps.indexOf(step) + 1];
    return {
      member,
      program: tiers.program,
      at: formatInstant(instant),
      tier: step?.tier ?? null,
      since: step ? formatInstant(step.from) : null,
      until: step?.until == null ? null : formatInstant(step.until),
      next: next?.tier ?? null,
    };
  }

  @Get('history')
  @Scopes('tiers:read')
  @Operation({
    summary: 'All tiers of a member, with those certain to come',
    answers: { 200: 'Steps in order; `certain` marks what lies in the future', 404: 'Nothing is known of the member' },
    parameters: { id: 'm-1001' },
    answerExample: historyExample,
  })
  async history(@Param('id') member: string, @Query() { program }: MemberProgramQuery) {
    const tiers = await this.tiersOf(member, program);
    const now = Date.now();
    return { member, program: tiers.program, steps: tiers.steps.map((step) => shown(step, now)) };
  }

  private async tiersOf(member: string, program: string | undefined): Promise<MemberTiers> {
    const all = await readMemberTiers(this.database.pool, member);
    if (all.length === 0) throw new NotFoundError(`Nothing is known of member ${member}.`, 'unknown_member');
    const wanted = program ?? (all.length === 1 ? all[0]!.program : (await loadPrograms(this.database.pool)).fallback);
    const found = all.find((tiers) => tiers.program === wanted);
    if (found) return found;
    const known = all.map((tiers) => tiers.program).join(', ');
    throw new NotFoundError(`Member ${member} is not in program ${wanted}; in: ${known}.`, 'not_in_program');
  }
}

function shown({ tier, from, until }: TierStep, now: EpochMs) {
  return { tier, from: formatInstant(from), until: until === null ? null : formatInstant(until), certain: from > now };
}
