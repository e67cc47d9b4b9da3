import { Described, PageQuery } from '@loyalty/service';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

const TEXT_LENGTH = 1000;
const ID_LENGTH = 200;
export const REQUEST_STATES = ['open', 'approved', 'refused', 'lapsed'] as const;

export class RequestsQuery extends PageQuery {
  @Described('Only those that stand like this; open ones if left out', 'open')
  @IsOptional()
  @IsIn([...REQUEST_STATES, 'all'])
  state?: (typeof REQUEST_STATES)[number] | 'all';

  @Described('Only this program’s', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  program?: string;
}

export class RefuseBody {
  @Described('Why; part of the entry for ever, so no personal data', 'asked twice')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(TEXT_LENGTH)
  reason?: string;
}
