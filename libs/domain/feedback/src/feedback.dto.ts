import { Described, PageQuery } from '@loyalty/service';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** An id somebody else chose: printable, no spaces at the ends. */
const ID = /^\S(.*\S)?$/su;
const ID_LENGTH = 200;
const TEXT_LENGTH = 4000;

export class PurchaseRefBody {
  @Described('Who sent the purchase', 'store-7')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  source!: string;

  @Described('Its id there', '000123')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  id!: string;
}

export class RecordAnswerBody {
  @Described('The answer’s own id, yours: sent again it gives the same answer', 'survey-7/000123')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  id!: string;

  @Described('Who answered; left out where nobody knows', 'm-1001')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  member?: string;

  @Described('The question asked', 'nps')
  @IsIn(['nps', 'csat'])
  kind!: 'nps' | 'csat';

  @Described('NPS 0 to 10, CSAT 1 to 5', 3)
  @IsInt()
  score!: number;

  @Described('Free text; stored encrypted with the member’s own key', 'The coffee was cold.')
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_LENGTH)
  comment?: string;

  @Described('Language of the comment, BCP 47', 'en')
  @IsOptional()
  @IsString()
  @MaxLength(35)
  language?: string;

  @Described('Where the purchase was made', 'store')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  channel?: string;

  @Described('The store, by the name that purchases give it', 'harbour')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  store?: string;

  @Described('The purchase it is about')
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PurchaseRefBody)
  purchase?: PurchaseRefBody;

  @Described('When it was given, with its offset; now if left out', '2026-06-06T10:15:00+08:00')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;
}

export class AssignCaseBody {
  @Described('Who shall take care of it', 'kim')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  assignee!: string;
}

export class ActOnCaseBody {
  @Described('Who did it', 'kim')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  by!: string;

  @Described('What was done', 'called-back')
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  action!: string;

  @Described('Free text; stored encrypted with the member’s own key', 'Sent a voucher.')
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_LENGTH)
  note?: string;
}

export class ResolveCaseBody {
  @Described('Who resolved it', 'kim')
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  by!: string;

  @Described('Why it had happened', 'machine-broken')
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  rootCause!: string;

  @Described('Free text; stored encrypted with the member’s own key', 'The machine is being repaired.')
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_LENGTH)
  note?: string;
}

export class CasesQuery extends PageQuery {
  @IsOptional()
  @IsIn(['open', 'resolved'])
  status?: 'open' | 'resolved';

  @Described('Only cases with this person')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  assignee?: string;

  @Described('`true`: only cases nobody holds')
  @IsOptional()
  @IsIn(['true', 'false'])
  unassigned?: 'true' | 'false';

  @Described('Only cases of this member')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  member?: string;

  @Described('Only cases open longer than this: hours since the answer was given')
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(876_000)
  olderThanHours?: number;
}
