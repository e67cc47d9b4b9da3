import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Req, StreamableFile } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { HttpAnswer, Operation, Scopes } from '@loyalty/service';
import type { Request } from 'express';
import { languageOf } from '../wording/language-of.ts';
import { type Notation, notationOf, type Wording, wordingOf } from '../wording/wording.ts';
import { openStatement, type Statement } from './open-statement.ts';
import { statementCsv } from './statement-csv.ts';
import { statementExample } from './statement-example.ts';
import { statementJson } from './statement-json.ts';
import { statementPage } from './statement-page.ts';
import { STATEMENT_FORMATS, type StatementFormat, StatementQuery } from './statement.dto.ts';

interface Rendering {
  readonly type: string;
  readonly render: (statement: Statement, words: Wording, to: Notation) => AsyncGenerator<string, void, void>;
}

const RENDERINGS: Readonly<Record<StatementFormat, Rendering>> = {
  json: { type: 'application/json; charset=utf-8', render: statementJson },
  csv: { type: 'text/csv; charset=utf-8', render: statementCsv },
  html: { type: 'text/html; charset=utf-8', render: statementPage },
};

@Controller('v1/members/:member/statement')
export class StatementController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Get()
  @Scopes('points:read')
  @Operation({
    summary: 'Give a member’s statement of a period',
    description:
      'Opening balance, every entry booked in the period with the balance after it, closing balance by bucket, and what time alone will move ' +
      'after that; the account’s closings and reopenings in the period and how it stood at the end; as JSON, as CSV for a spreadsheet, ' +
      'or as a page to print. Entries stand in the order booked, so a statement of a past ' +
      'period never changes, and opening.balance + points of all entries = closing.balance. balance + due = pending + active − owed. ' +
      'Ten years at most. Refused with 400: `program_required` where the member has several wallets.',
    headers: {
      Accept: '`application/json`, `text/csv` or `text/html`, where `format` is left out',
      'Accept-Language': 'Of texts: `en` or `zh-CN`, where `lang` is left out',
    },
    answers: {
      200: { description: 'The statement, written as it is read', example: statementExample },
      404: 'Nothing was ever booked of the member (`unknown_member`), or not in that program (`not_in_program`)',
    },
    parameters: { member: 'm-1001' },
  })
  async statement(
    @Param('member') member: string,
    @Query() query: StatementQuery,
    @Req() request: Request,
  ): Promise<HttpAnswer<StreamableFile>> {
    const format = query.format ?? formatOf(request);
    const language = languageOf(request, query.lang);
    const { program, from, to } = query;
    const statement = await openStatement(this.database.pool, { member, program, from, to }, Date.now());
    const { type, render } = RENDERINGS[format];
    const text = render(statement, wordingOf(language), notationOf(language, statement.timeZone));
    const options = format === 'csv' ? { type, disposition: 'attachment; filename="statement.csv"' } : { type };
    const headers = {
      'Content-Language': language,
      Vary: 'Accept, Accept-Language',
      'Cache-Control': 'private, no-store',
    };
    return new HttpAnswer(200, new StreamableFile(Readable.from(text, { objectMode: false }), options), headers);
  }
}

function formatOf(request: Request): StatementFormat {
  const accepted = request.accepts([...STATEMENT_FORMATS]);
  return accepted === false ? 'json' : (accepted as StatementFormat);
}
