import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { NotFoundError, Operation, Scopes } from '@loyalty/service';
import { explainRating, type Explanation } from './explain-rating.ts';
import { RatingQuery } from './tiers.dto.ts';
import { ratingExample } from './rating-example.ts';

@Controller('v1/ratings')
export class RatingsController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Get(':source/:id')
  @Scopes('tiers:read')
  @Operation({
    summary: 'What a purchase or return is worth, and why',
    description:
      'Version, tier, eligible amounts, points by line and rule, and the rules that gave nothing with their reason. With ' +
      '`recompute=true` the rating is run again from the log (the member’s facts, each under the version in force at its own time): ' +
      '`matches`, or `differences` names every place, by program, with what stands and what comes out.',
    answers: { 200: 'The rating that stands', 404: 'It was never rated: unknown, or without a member' },
    parameters: { source: 'store-7', id: '000123' },
    answerExample: ratingExample,
  })
  async explain(
    @Param('source') source: string,
    @Param('id') id: string,
    @Query() { recompute }: RatingQuery,
  ): Promise<Explanation> {
    const explanation = await explainRating(this.database.pool, source, id, recompute === 'true');
    if (!explanation) throw new NotFoundError(`No rating of ${source}/${id} is known.`, 'unknown_rating');
    return explanation;
  }
}
