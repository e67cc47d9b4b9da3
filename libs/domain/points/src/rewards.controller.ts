import { Controller, Get, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { Readable } from 'node:stream';
import { DATABASE, type Database } from '@loyalty/database';
import { BadInputError, HttpAnswer, named, Operation, Scopes } from '@loyalty/service';
import type { Request } from 'express';
import { z } from 'zod';
import { type CodeReport, uploadCodes } from './code-upload.ts';
import type { PointsWriter } from './points-writer.ts';
import { listRewards, type RewardItem } from './reward-catalogue.ts';
import { RewardPath, RewardsQuery } from './rewards.dto.ts';
import { POINTS_WRITER } from './tokens.ts';

const NDJSON = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** For the API’s description; a file is sent as it is. */
const codesBody = named('RewardCodes', z.object({ codes: z.array(z.string()).describe('Each is given out once') }));
const rewardExample: RewardItem = {
  program: 'harbour-club',
  id: 'voucher-20',
  name: '20 off',
  language: 'en',
  points: 2000,
  left: 2,
  codes: true,
  available: true,
};
const uploadExample: CodeReport = { read: 2, accepted: 2, duplicate: 0, rejected: 0, rejections: [] };

/** The catalogue, and the pools of its codes. */
@Controller('v1/rewards')
export class RewardsController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
  ) {}

  @Get()
  @Scopes('points:read')
  @Operation({
    summary: 'Show the catalogue of rewards',
    description:
      'Of the programs’ versions in force now, each with the pieces `left` (null = no end of them). Who may have one, `tiers` and ' +
      '`perMember` say; redeem with `POST /v1/members/{member}/redemptions`.',
    headers: { 'Accept-Language': 'Of the names, as far as the program has them' },
    answers: { 200: { description: 'Rewards, by program', example: { items: [rewardExample] } } },
  })
  async list(
    @Query() { program, lang, available }: RewardsQuery,
    @Req() request: Request,
  ): Promise<HttpAnswer<{ items: readonly RewardItem[] }>> {
    const choose = (there: readonly string[]): string | undefined => {
      if (lang !== undefined && there.includes(lang)) return lang;
      return request.acceptsLanguages([...there]) || undefined;
    };
    const rewards = await listRewards(this.database.pool, Date.now(), choose, program);
    const items = available === 'true' ? rewards.filter((reward) => reward.available) : rewards;
    return new HttpAnswer(200, { items }, { Vary: 'Accept-Language' });
  }

  @Post(':program/:reward/codes')
  @Scopes('rewards:write')
  @Operation({
    summary: 'Upload single-use codes for a reward',
    description:
      'A file: CSV with the column `code` (`text/csv`), or one code a line as JSON, a string or `{"code": "…"}` (`application/x-ndjson`); ' +
      'or `{"codes": ["…"]}`. May be sent again: codes that are there count as duplicates. read = accepted + duplicate + rejected.',
    headers: { 'Content-Type': '`text/csv`, `application/x-ndjson` or `application/json`' },
    answers: {
      200: {
        description: 'How many came in; a `fault` says why the file could not be read to its end',
        example: uploadExample,
      },
      422: '`unknown_reward`: no version of the program has this reward with codes',
    },
    body: codesBody,
    bodyExample: { codes: ['HC20-7F3K-9Q2M', 'HC20-4T8W-1ZRX'] },
  })
  async upload(@Param() to: RewardPath, @Req() request: Request): Promise<HttpAnswer<CodeReport>> {
    const { program, reward } = to;
    const { source, format } = codesOf(request);
    const report = await uploadCodes(this.database.pool, this.writer, { program, reward }, source, format);
    return new HttpAnswer(200, report);
  }
}

/** A JSON body is parsed by then; a file is still to be read. */
function codesOf(request: Request): { source: Readable; format: 'csv' | 'ndjson' } {
  if (request.is('text/csv')) return { source: request, format: 'csv' };
  if (request.is(NDJSON)) return { source: request, format: 'ndjson' };
  const { codes } = (request.body ?? {}) as { codes?: unknown };
  if (!Array.isArray(codes)) {
    const message = 'must be a list of codes; a file is sent as text/csv or application/x-ndjson';
    throw new BadInputError([{ pointer: '/codes', message }]);
  }
  return { source: Readable.from(codes.map((code) => `${JSON.stringify(code)}\n`)), format: 'ndjson' };
}
