import { Described } from '@loyalty/service';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { LANGUAGES, type Language } from '../wording/wording.ts';

const MOST_SHARDS = 1_024;

/** `shard/position`, as entries and `Loyalty-Position` say it. */
export class EntryPosition {
  @Described('Of the log that it stands in', 6)
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(MOST_SHARDS - 1)
  shard!: number;

  @Described('Its place in that shard', 8)
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  position!: number;
}

export class LanguageQuery {
  @Described('The language of the text; by Accept-Language if left out, else `en`', 'zh-CN')
  @IsOptional()
  @IsIn(LANGUAGES)
  lang?: Language;
}
