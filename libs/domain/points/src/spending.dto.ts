import { Described, PageQuery } from '@loyalty/service';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { RedeemBody } from './points.dto.ts';

const ID = /^\S(.*\S)?$/su;
const ID_LENGTH = 200;
const PERIOD_LENGTH = 40;

export class ReservationsQuery extends PageQuery {
  @Described('`true`: only those that still hold points')
  @IsOptional()
  @IsIn(['true', 'false'])
  open?: 'true' | 'false';
}

/** What every command says that takes or gives back points. */
class Reference {
  @Described('Yours, shown in the entry', 'till-3/9001')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  reference?: string;
}

class Taking extends Reference {
  @Described('Whole points', 500)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  points!: number;

  @Described('May be left out where the member has one wallet', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  program?: string;
}

/** What would be redeemed, and for how long it is held. */
export class ReserveBody extends RedeemBody {
  @Described(
    'How long, as an ISO 8601 duration of at most 30 days; by the program if left out, else 15 minutes',
    'PT15M',
  )
  @IsOptional()
  @IsString()
  @MaxLength(PERIOD_LENGTH)
  ttl?: string;
}

export class CaptureBody extends Reference {
  @Described('What is spent; all if left out. The rest is released with it', 300)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  points?: number;
}

export class UndoBody extends Reference {
  @Described('What is given back; all that is not undone yet if left out', 200)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  points?: number;
}

export class TransferBody extends Taking {
  @Described('The member who receives', 'm-2002')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  to!: string;
}
