import { Body, Controller, Get, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { HttpAnswer, Operation, Scopes, type ApiKey, type Page } from '@loyalty/service';
import type { PurchasesAnswer } from '../core/decision.ts';
import type { PurchasesWriter } from '../purchases-writer.ts';
import type { Door } from '../record-documents.ts';
import { PURCHASES_WRITER } from '../tokens.ts';
import { detail, findDeadLetter, listDeadLetters, type DeadLetterDetail, type DeadLetterView } from './dead-letter.ts';
import {
  discardedExample,
  letterExample,
  lettersExample,
  resubmitExample,
  resubmittedExample,
} from './dead-letters-examples.ts';
import { DeadLettersQuery, DiscardBody, ResubmitBody } from './dead-letters.dto.ts';
import { discard } from './discard.ts';
import { noLetter, resubmit } from './resubmit.ts';

interface Asked {
  readonly apiKey?: ApiKey;
}

const askedBy = ({ apiKey }: Asked): string => apiKey?.name ?? 'nobody named';

/** Records of the retailer's topic that could not be recorded. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  private readonly door: Door;

  constructor(@Inject(DATABASE) { pool }: Database, @Inject(PURCHASES_WRITER) writer: PurchasesWriter) {
    this.door = { pool, writer };
  }

  @Get()
  @Scopes('purchases:read')
  @Operation({
    summary: 'List records of the inbound topic that could not be recorded',
    description: 'The oldest first; those that wait, unless another `state` is asked for.',
    answerExample: lettersExample,
  })
  list(@Query() query: DeadLettersQuery): Promise<Page<DeadLetterView>> {
    return listDeadLetters(this.door.pool, query);
  }

  @Get(':id')
  @Scopes('purchases:read')
  @Operation({
    summary: 'Show a dead letter with what was sent',
    answers: { 200: 'The letter', 404: 'There is none of this id' },
    parameters: { id: 1 },
    answerExample: letterExample,
  })
  async show(@Param('id') id: string): Promise<DeadLetterDetail> {
    const found = await findDeadLetter(this.door.pool, id);
    if (found === undefined) throw noLetter(id);
    return detail(found);
  }

  @Post(':id/resubmit')
  @Scopes('purchases:write')
  @Operation({
    summary: 'Record a dead letter, corrected or as it was sent',
    description:
      'Once: resubmitted again it gives the same answer, as another document 409. Refused, it goes on waiting for the reason told now. ' +
      'A refusal is kept with the document’s id: what was refused by a rule is corrected under another id.',
    bodyExample: resubmitExample,
    answers: {
      201: 'Recorded',
      200: 'Recorded before',
      400: 'No document, as over HTTP',
      404: 'There is none of this id',
      409: '`key_reused`, `dead_letter_resubmitted` (as another document), `dead_letter_discarded`',
      422: 'Refused, as over HTTP',
    },
    parameters: { id: 1 },
    answerExample: resubmittedExample,
  })
  resubmit(
    @Param('id') id: string,
    @Req() asked: Asked,
    @Body() { document }: ResubmitBody,
  ): Promise<HttpAnswer<PurchasesAnswer>> {
    return resubmit(this.door, { id, document, by: askedBy(asked) });
  }

  @Post(':id/discard')
  @Scopes('purchases:write')
  @Operation({
    summary: 'Give a dead letter up for ever',
    description: 'With the reason, which is kept. What was sent is forgotten.',
    answers: {
      201: 'Discarded',
      200: 'Discarded before',
      404: 'There is none of this id',
      409: '`dead_letter_resubmitted`, `dead_letter_discarded` (for another reason)',
    },
    parameters: { id: 2 },
    answerExample: discardedExample,
  })
  async discard(
    @Param('id') id: string,
    @Req() asked: Asked,
    @Body() { reason }: DiscardBody,
  ): Promise<HttpAnswer<DeadLetterView>> {
    const { letter, done } = await discard(this.door.pool, { id, reason, by: askedBy(asked) });
    return new HttpAnswer(done ? 201 : 200, letter, done ? {} : { 'Idempotency-Replayed': 'true' });
  }
}
