import { Described } from '@loyalty/service';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

const IDENTIFIER = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const LANGUAGE_LENGTH = 20;

export class RewardsQuery {
  @Described('Only this program’s rewards', 'harbour-club')
  @IsOptional()
  @IsString()
  @Matches(IDENTIFIER)
  program?: string;

  @Described('The language of the names; by Accept-Language if left out', 'zh-CN')
  @IsOptional()
  @IsString()
  @MaxLength(LANGUAGE_LENGTH)
  lang?: string;

  @Described('`true`: only those that can be had now')
  @IsOptional()
  @IsIn(['true', 'false'])
  available?: 'true' | 'false';
}

/** A reward in a path. */
export class RewardPath {
  @Described('The program', 'harbour-club')
  @Matches(IDENTIFIER)
  program!: string;

  @Described('The reward, by its id in the program', 'voucher-20')
  @Matches(IDENTIFIER)
  reward!: string;
}
