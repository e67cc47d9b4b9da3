import { Controller, Get, Inject, Post, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import {
  BadInputError,
  BodyTooLargeError,
  ConflictError,
  escapeSegment,
  HttpAnswer,
  named,
  Operation,
  readRaw,
  RefusalError,
  Scopes,
} from '@loyalty/service';
import type { Request } from 'express';
import { z } from 'zod';
import { programExample } from './program-example.ts';
import { publishProgram, type PublishedVersion } from './publish-program.ts';
import { loadPrograms } from './published-programs.ts';
import { describePrograms } from './read-tiers.ts';
import { Rerating } from './rerating.ts';
import type { TiersWriter } from './tiers-writer.ts';
import { TIERS_WRITER } from './tokens.ts';
import { programsExample, publishedExample } from './programs-examples.ts';

const MOST_BYTES = 1_000_000;
const SHORTEN = 'A program file is a few kilobytes: is this one?';
/** For the API’s description; a file is sent as it is. */
const programFile = named('ProgramFile', z.object({ document: z.string().describe('The text of a program file') }));

@Controller('v1/programs')
export class ProgramsController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(TIERS_WRITER) private readonly writer: TiersWriter,
    @Inject(Rerating) private readonly rerating: Rerating,
  ) {}

  @Get()
  @Scopes('programs:read')
  @Operation({
    summary: 'All published program versions',
    answers: { 200: 'By program and date; `inForce` marks the one in force now' },
    answerExample: programsExample,
  })
  async list() {
    return {
      items: describePrograms(await loadPrograms(this.database.pool), Date.now()),
    };
  }

  @Post()
  @Scopes('programs:write')
  @Operation({
    summary: 'Publish a program version',
    description:
      'The program file, as `application/yaml` or as `{"document": "…"}`. The same text again changes nothing. Where it takes effect in the past, purchases are rated again in the background and corrected by entries.',
    answers: {
      201: 'Published',
      200: 'Published before',
      400: 'The file has mistakes: each with its line and reason',
      413: 'Larger than a program file may be',
      409: 'Another text stands for this program from this instant on',
    },
    body: programFile,
    bodyExample: { document: programExample },
    answerExample: publishedExample,
  })
  async publish(@Req() request: Request): Promise<HttpAnswer<PublishedVersion>> {
    const outcome = await publishProgram(this.writer, await documentOf(request));
    switch (outcome.kind) {
      case 'published':
        // Goes on in the background; what it had not reached when the process ends is taken up by the next.
        this.rerating.start();
        return new HttpAnswer(201, outcome.published);
      case 'known':
        return new HttpAnswer(200, outcome.published, { 'Idempotency-Replayed': 'true' });
      case 'conflict': {
        const { program, effectiveFrom } = outcome.published;
        const message = `${program} has another version from ${effectiveFrom} on. A published version stays: choose another effectiveFrom.`;
        throw new ConflictError(message, 'version_exists');
      }
      case 'refused':
        throw new RefusalError({ code: outcome.code, message: outcome.message });
      case 'mistakes': {
        const problems = outcome.mistakes.map(({ line, path, reason }) => ({
          pointer: pointerOf(path),
          message: `line ${line}: ${reason}`,
        }));
        const text = outcome.mistakes.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ');
        throw new BadInputError(problems, text, 'program_invalid');
      }
    }
  }
}

const pointerOf = (path: string): string =>
  path === ''
    ? ''
    : path
        .split('.')
        .map((part) => `/${escapeSegment(part)}`)
        .join('');

/** JSON bodies are parsed by then; anything else is the file itself, still to be read. */
async function documentOf(request: Request): Promise<string> {
  const body: unknown = request.body;
  if (body && typeof body === 'object') {
    const { document } = body as { document?: unknown };
    if (typeof document === 'string' && Buffer.byteLength(document) > MOST_BYTES)
      throw new BodyTooLargeError(MOST_BYTES, SHORTEN);
    if (typeof document === 'string') return document;
    throw new BadInputError([{ pointer: '/document', message: 'must be the text of a program file' }]);
  }
  const bytes = await readRaw(request, MOST_BYTES, SHORTEN);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadInputError([{ pointer: '', message: 'must be UTF-8' }]);
  }
}
