import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import {
  BadInputError,
  holds,
  NotFoundError,
  Operation,
  Scopes,
  toHttp,
  type ApiKey,
  type HttpAnswer,
  type Page,
} from '@loyalty/service';
import { caseDetail, type CaseDetail } from './case-history.ts';
import { findCase, listCases, type CaseRow, type CaseSummary } from './case-list.ts';
import type { CaseCommand, FeedbackAnswer } from './core/command.ts';
import { caseWork } from './feedback-work.ts';
import type { FeedbackWriter } from './feedback-writer.ts';
import { ActOnCaseBody, AssignCaseBody, CasesQuery, ResolveCaseBody } from './feedback.dto.ts';
import { FEEDBACK_WRITER } from './tokens.ts';
import { caseExample, casesExample } from './cases-examples.ts';

const HOUR_MS = 3_600_000;
const KEY_LENGTH = 200;
const headers = {
  'Idempotency-Key': 'Required. Yours, one for each step: sent again with the same body it gives the same answer.',
};
const answers = { 200: 'Done now, or before' };

@Controller('v1/cases')
export class CasesController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(FEEDBACK_WRITER) private readonly writer: FeedbackWriter,
  ) {}

  @Get()
  @Scopes('feedback:read')
  @Operation({ summary: 'List cases', description: 'The oldest first.', answerExample: casesExample })
  list(@Query() query: CasesQuery): Promise<Page<CaseSummary>> {
    const { status, assignee, unassigned, member, olderThanHours } = query;
    const openedBefore = olderThanHours === undefined ? undefined : Date.now() - olderThanHours * HOUR_MS;
    const filter = { status, assignee, unassigned: unassigned === 'true', member, openedBefore };
    return listCases(this.database.pool, filter, query);
  }

  @Get(':id')
  @Scopes('feedback:read')
  @Operation({
    summary: 'Show a case and its history',
    description:
      'Comment and notes are opened for keys that also hold `feedback:comments`; else they read `hidden`, and `erased` once the member was forgotten.',
    parameters: { id: 'case-survey-7/000123' },
    answerExample: caseExample,
  })
  async show(@Param('id') id: string, @Req() request: { readonly apiKey?: ApiKey }): Promise<CaseDetail> {
    const mayRead = holds(request.apiKey?.scopes ?? [], 'feedback:comments');
    return caseDetail(this.database.pool, await this.known(id), mayRead);
  }

  @Post(':id/assign')
  @HttpCode(200)
  @Scopes('feedback:write')
  @Operation({
    summary: 'Assign a case',
    headers,
    answers,
    parameters: { id: 'case-survey-7/000123', 'Idempotency-Key': 'assign-1' },
    answerExample: { case: 'case-survey-7/000123', status: 'open' },
  })
  assign(@Param('id') id: string, @Body() body: AssignCaseBody, @Headers('idempotency-key') key?: string) {
    return this.step({ kind: 'assignCase', case: id, ...body }, key);
  }

  @Post(':id/act')
  @HttpCode(200)
  @Scopes('feedback:write')
  @Operation({
    summary: 'Record what was done for a case',
    headers,
    answers,
    parameters: { id: 'case-survey-7/000123', 'Idempotency-Key': 'act-1' },
    answerExample: { case: 'case-survey-7/000123', status: 'open' },
  })
  act(@Param('id') id: string, @Body() body: ActOnCaseBody, @Headers('idempotency-key') key?: string) {
    return this.step({ kind: 'actOnCase', case: id, ...body }, key);
  }

  @Post(':id/resolve')
  @HttpCode(200)
  @Scopes('feedback:write')
  @Operation({
    summary: 'Resolve a case with its root cause',
    headers,
    answers,
    parameters: { id: 'case-survey-7/000123', 'Idempotency-Key': 'resolve-1' },
    answerExample: { case: 'case-survey-7/000123', status: 'resolved' },
  })
  resolve(@Param('id') id: string, @Body() body: ResolveCaseBody, @Headers('idempotency-key') key?: string) {
    return this.step({ kind: 'resolveCase', case: id, ...body }, key);
  }

  private async step(command: CaseCommand, key: string | undefined): Promise<HttpAnswer<FeedbackAnswer>> {
    if (key === undefined || key === '' || key.length > KEY_LENGTH) {
      throw new BadInputError([
        { pointer: '/Idempotency-Key', in: 'header', message: `must be given, at most ${KEY_LENGTH} characters` },
      ]);
    }
    const { subject } = await this.known(command.case);
    return toHttp(await this.writer.execute(caseWork(subject, command, key)), { created: 200 });
  }

  private async known(id: string): Promise<CaseRow> {
    const row = await findCase(this.database.pool, id);
    if (!row) throw new NotFoundError('There is no such case.', 'case_not_found');
    return row;
  }
}
