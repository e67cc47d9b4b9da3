import { Body, Controller, Inject, Post } from '@nestjs/common';
import { parseInstant } from '@loyalty/kernel';
import { BadInputError, Operation, Scopes, toHttp, type HttpAnswer } from '@loyalty/service';
import type { FeedbackAnswer, RecordAnswer } from './core/command.ts';
import { answerWork } from './feedback-work.ts';
import type { FeedbackWriter } from './feedback-writer.ts';
import { RecordAnswerBody } from './feedback.dto.ts';
import { FEEDBACK_WRITER } from './tokens.ts';

/** Before it nobody was asked, and PostgreSQL's microseconds would leave the safe integers. */
const EARLIEST = Date.UTC(1900, 0, 1);

/** Opens no case. */
const satisfied = { id: 'survey-8/000123', case: null };

@Controller('v1/feedback')
export class FeedbackController {
  constructor(@Inject(FEEDBACK_WRITER) private readonly writer: FeedbackWriter) {}

  @Post()
  @Scopes('feedback:write')
  @Operation({
    summary: 'Record an answer to a survey question',
    description:
      'A detractor (NPS up to 6, CSAT up to 2) opens a case. `id` makes it once: sent again, it gives the same answer.',
    answers: {
      201: { description: 'Recorded; `case` names the case it opened, or is null', examples: { satisfied } },
      200: { description: 'Recorded before', examples: { satisfied } },
    },
    bodyExamples: {
      satisfied: {
        id: 'survey-8/000123',
        member: 'm-1001',
        kind: 'csat',
        score: 5,
        store: 'harbour',
        channel: 'store',
        at: '2026-06-06T10:20:00+08:00',
      },
    },
    answerExample: { id: 'survey-7/000123', case: 'case-survey-7/000123' },
  })
  async record(@Body() body: RecordAnswerBody): Promise<HttpAnswer<FeedbackAnswer>> {
    return toHttp(await this.writer.execute(answerWork(commandOf(body))));
  }
}

function commandOf({ kind, at, ...given }: RecordAnswerBody): RecordAnswer {
  const instant = at === undefined ? undefined : parseInstant(at);
  if (at !== undefined && instant === undefined) {
    throw new BadInputError([
      { pointer: '/at', message: 'must be a date and time with its offset, as 2026-06-06T10:15:00+08:00' },
    ]);
  }
  if (instant !== undefined && instant < EARLIEST)
    throw new BadInputError([{ pointer: '/at', message: 'must not lie before the year 1900' }]);
  return { kind: 'recordAnswer', question: kind, ...given, ...(instant !== undefined && { at: instant }) };
}
