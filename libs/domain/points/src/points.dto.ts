import { Described, PageQuery } from '@loyalty/service';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  NotEquals,
  ValidateIf,
} from 'class-validator';

const ID = /^\S(.*\S)?$/su;
const ID_LENGTH = 200;
const TEXT_LENGTH = 1000;
const WAIT_S = 30;
/** An amount of money, not negative. */
const AMOUNT = /^\d{1,15}(\.\d{1,6})?$/;
const CURRENCY = /^[A-Z]{3}$/;

export class BalanceQuery {
  @Described('Only this program’s wallet', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  program?: string;

  @Described('As of this instant, with its offset; now, or `known`, if left out', '2026-12-31T23:59:59+08:00')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;

  @Described(
    'As known at this recorded time, with its offset: what was booked later does not count',
    '2027-01-03T12:00:00+08:00',
  )
  @IsOptional()
  @IsString()
  @MaxLength(40)
  known?: string;
}

export class LotsQuery extends PageQuery {
  @Described('Only this program’s lots', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  program?: string;

  @Described('As of this instant, with its offset; now, or `known`, if left out')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;

  @Described('As known at this recorded time, with its offset: what was booked later does not count')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  known?: string;

  @Described('`true`: only lots that hold points')
  @IsOptional()
  @IsIn(['true', 'false'])
  open?: 'true' | 'false';
}

export class EntriesQuery extends PageQuery {
  @Described('Only what this purchase or return moved: `source/id`, split at the first slash', 'store-7/000123')
  @IsOptional()
  @IsString()
  @MaxLength(2 * ID_LENGTH + 1)
  @Matches(/^[^/]+\/.+$/su, { message: 'cause is source/id' })
  cause?: string;

  @Described('Only what took effect until this instant, with its offset')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;

  @Described('Only what was recorded until this time, with its offset')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  known?: string;

  @Described('With `cause`: seconds to wait for it to be booked')
  @IsOptional()
  @Type(() => Number)
  @Min(0)
  @Max(WAIT_S)
  wait?: number;
}

export class IntegrityQuery {
  @Described('Only this member')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  member?: string;

  @Described('As of this instant, with its offset; now if left out')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  at?: string;
}

export class RedeemBody {
  @Described('Whole points to spend; for a reward its price, so leave it out', 500)
  @ValidateIf((body: RedeemBody) => body.reward === undefined || body.points !== undefined)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  points?: number;

  @Described('Of the catalogue, instead of points: `GET /v1/rewards`')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  reward?: string;

  @Described(
    'Of the purchase that the points pay for in part; needed where the program has `maxShareOfPurchase`',
    '120.00',
  )
  @IsOptional()
  @IsString()
  @Matches(AMOUNT)
  purchaseTotal?: string;

  @Described('Of `purchaseTotal`; the program’s if left out', 'CNY')
  @IsOptional()
  @IsString()
  @Matches(CURRENCY)
  currency?: string;

  @Described('May be left out where the member has one wallet', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  program?: string;

  @Described('Yours, shown in the entry', 'till-3/9001')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  reference?: string;
}

export class AdjustBody {
  @Described('Whole points: above 0 gives, below 0 takes', 50)
  @IsInt()
  @NotEquals(0)
  @Min(-Number.MAX_SAFE_INTEGER)
  @Max(Number.MAX_SAFE_INTEGER)
  points!: number;

  @Described('Why; part of the entry for ever, so no personal data', 'goodwill for a late delivery')
  @IsString()
  @IsNotEmpty()
  @MaxLength(TEXT_LENGTH)
  reason!: string;

  @Described('May be left out where the member has one wallet', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(ID_LENGTH)
  @Matches(ID)
  program?: string;

  @Described('Yours, shown in the entry', 'case-17')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  reference?: string;

  @Described(
    'When points given are gone, with its offset; `null` = never; by the program if left out',
    '2099-12-31T23:59:59+08:00',
  )
  @ValidateIf((body: AdjustBody) => body.expiresAt !== undefined && body.expiresAt !== null)
  @IsString()
  @MaxLength(40)
  expiresAt?: string | null;
}
