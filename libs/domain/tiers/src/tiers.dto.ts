import { Described } from '@loyalty/service';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

const ID_LENGTH = 200;

export class MemberProgramQuery {
  @Described('The program; may be left out where the member is in one only, or in the default one', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  program?: string;
}

export class TierAtQuery extends MemberProgramQuery {
  @Described('The instant, with its offset; now if left out', '2026-06-06T10:15:00+08:00')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;
}

export class RatingQuery {
  @Described('`true`: work the member’s facts through again and say whether the same comes out')
  @IsOptional()
  @IsIn(['true', 'false'])
  recompute?: 'true' | 'false';
}
