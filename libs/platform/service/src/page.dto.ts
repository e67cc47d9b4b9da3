import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { PAGE_LIMIT } from './cursor.ts';
import { Described } from './documented.ts';

/** A cursor of the list of three names of 200 characters of three bytes each has 2,600. */
const CURSOR_LENGTH = 8_000;

/** `?limit=50&cursor=…` of every list. Extend it with the list's own filters. */
export class PageQuery {
  @Described('How many at most')
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(PAGE_LIMIT.max)
  limit: number = PAGE_LIMIT.default;

  @Described('`next` of the page before')
  @IsOptional()
  @IsString()
  @MaxLength(CURSOR_LENGTH)
  cursor?: string;
}
