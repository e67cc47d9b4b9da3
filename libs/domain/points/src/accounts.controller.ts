import { Body, Controller, Headers, Inject, Param, Post, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { HttpAnswer, Operation, Scopes, toHttp } from '@loyalty/service';
import { AccountBody } from './accounts.dto.ts';
import { type Asked, askedBy } from './approvals.controller.ts';
import type { Entry } from './entry.ts';
import { entryAt } from './entry-at.ts';
import { given, memberParameter, requiredKey } from './parameters.ts';
import { accountWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { POINTS_WRITER } from './tokens.ts';
import { closedExample, reopenedExample } from './accounts-examples.ts';

const headers = {
  'Idempotency-Key': 'Required. Yours: sent again with the same body it gives the same answer, refusals included.',
};
const answers = {
  200: 'Done before: its entry',
  201: 'Done: its entry',
  409: 'The key was used with another body',
  422: 'Refused, with a stable `code`',
};

type Answer = Promise<HttpAnswer<Entry | null>>;

/** Whether a member's points can be used at all. */
@Controller('v1/members/:member')
export class AccountsController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
  ) {}

  @Post('close')
  @Scopes('points:adjust')
  @Operation({
    summary: 'Close a member’s account',
    description:
      'In all programs, until it is reopened. Redeeming, reserving, sending and giving points are then refused with `account_closed`. ' +
      'Its points stay, and expire as before; purchases, returns and points under way still arrive; running reservations can be captured ' +
      'or voided, redemptions undone, points taken by an adjustment. Refused: `already_closed`.',
    headers,
    answers,
    parameters: { member: 'm-1001', 'Idempotency-Key': 'close-1' },
    answerExample: closedExample,
  })
  close(
    @Param('member') member: string,
    @Body() body: AccountBody,
    @Req() asked: Asked,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    return this.#step('close', member, body, asked, key);
  }

  @Post('reopen')
  @Scopes('points:adjust')
  @Operation({
    summary: 'Reopen a closed account',
    description: 'With the points it has by now. Refused: `not_closed`.',
    headers,
    answers,
    parameters: { member: 'm-1001', 'Idempotency-Key': 'reopen-1' },
    answerExample: reopenedExample,
  })
  reopen(
    @Param('member') member: string,
    @Body() body: AccountBody,
    @Req() asked: Asked,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    return this.#step('reopen', member, body, asked, key);
  }

  /** Answers with the entry, read where it stands: a retry finds the same. */
  async #step(kind: 'close' | 'reopen', member: string, body: AccountBody, asked: Asked, key?: string): Answer {
    const work = accountWork(kind, memberParameter(member), requiredKey(key), given(body), askedBy(asked));
    const outcome = await this.writer.execute(work);
    if (outcome.kind !== 'accepted') return toHttp(outcome);
    const { position } = outcome;
    return toHttp({ ...outcome, answer: position && (await entryAt(this.database.pool, position)) });
  }
}
