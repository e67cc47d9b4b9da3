import { Described, PageQuery } from '@loyalty/service';
import { IsIn, IsObject, IsOptional, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { LETTER_STATES, type LetterState } from './dead-letter.ts';

export class DeadLettersQuery extends PageQuery {
  @Described('`waiting` if left out', 'waiting')
  @IsOptional()
  @IsIn(LETTER_STATES)
  state?: LetterState;

  @Described('Only those with this reason', 'not_a_decimal')
  @IsOptional()
  @Matches(/^[a-z0-9_]{1,100}$/)
  code?: string;
}

export class ResubmitBody {
  /** Checked as at every door. */
  @Described('The corrected purchase document; left out: as it was sent')
  @ValidateIf((_, value) => value !== undefined)
  @IsObject()
  document?: object;
}

export class DiscardBody {
  @Described('Why it may be left out for ever', 'a test of the till')
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  reason!: string;
}
