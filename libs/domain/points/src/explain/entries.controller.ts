import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { HttpAnswer, NotFoundError, Operation, Scopes } from '@loyalty/service';
import type { Request } from 'express';
import { RATINGS_LOOKUP } from '../tokens.ts';
import { languageOf } from '../wording/language-of.ts';
import { type Language, notationOf, wordingOf } from '../wording/wording.ts';
import { EntryPosition, LanguageQuery } from './entries.dto.ts';
import { type EntryFacts, explainEntry } from './explain-entry.ts';
import { explanationExample } from './explanation-example.ts';
import { explanationText } from './explanation-text.ts';
import type { RatingsLookup } from './ratings-lookup.ts';

/** Why an entry is in the ledger, for people and for programs. */
export interface EntryExplanation extends Omit<EntryFacts, 'data'> {
  readonly language: Language;
  /** Whole sentences, in the order in which they are best read out. */
  readonly text: readonly string[];
}

@Controller('v1/entries')
export class EntriesController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(RATINGS_LOOKUP) private readonly ratings: RatingsLookup,
  ) {}

  @Get(':shard/:position/explanation')
  @Scopes('points:read')
  @Operation({
    summary: 'Explain an entry',
    description:
      'Any entry, by its `position`: what made it, the rule version and its inputs, what every rule gave or the first condition that failed, ' +
      'the `caps` that kept it from giving more, the lots it touched, every bucket before and after it, and `text` that can be read out to the member. `links.rating` runs the ' +
      'rating again from the log and says whether it matches.',
    headers: { 'Accept-Language': 'Of the text: `en` or `zh-CN`' },
    answers: {
      200: { description: 'The explanation', example: explanationExample },
      404: 'No entry stands at that position',
    },
  })
  async explain(
    @Param() { shard, position }: EntryPosition,
    @Query() { lang }: LanguageQuery,
    @Req() request: Request,
  ): Promise<HttpAnswer<EntryExplanation>> {
    const facts = await explainEntry(this.database.pool, this.ratings, shard, position);
    if (!facts) throw new NotFoundError(`No entry stands at position ${shard}/${position}.`, 'unknown_entry');
    const language = languageOf(request, lang);
    const text = explanationText(facts, wordingOf(language), notationOf(language, facts.timeZone));
    const { data: _, ...told } = facts;
    const headers = { 'Content-Language': language, Vary: 'Accept-Language' };
    return new HttpAnswer(200, { ...told, language, text }, headers);
  }
}
