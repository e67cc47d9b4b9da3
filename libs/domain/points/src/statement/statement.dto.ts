import { Described } from '@loyalty/service';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { LanguageQuery } from '../explain/entries.dto.ts';

const ID_LENGTH = 200;
const INSTANT_LENGTH = 40;

export const STATEMENT_FORMATS = ['json', 'csv', 'html'] as const;
export type StatementFormat = (typeof STATEMENT_FORMATS)[number];

export class StatementQuery extends LanguageQuery {
  @Described('May be left out where the member has one wallet', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  program?: string;

  @Described(
    'A day of the program’s calendar (the first) or an instant with its offset; a year before `to` if left out',
    '2026-01-01',
  )
  @IsOptional()
  @IsString()
  @MaxLength(INSTANT_LENGTH)
  from?: string;

  @Described('A day of the program’s calendar (the last) or an instant (exclusive); now if left out', '2026-06-30')
  @IsOptional()
  @IsString()
  @MaxLength(INSTANT_LENGTH)
  to?: string;

  @Described('By Accept if left out, else `json`')
  @IsOptional()
  @IsIn(STATEMENT_FORMATS)
  format?: StatementFormat;
}
