import { applyDecorators } from '@nestjs/common';
import { Described, PageQuery } from '@loyalty/service';
import { IsIn, IsISO8601, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Not `+08:00`: PostgreSQL reads the sign of such a name the other way round. */
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const NAME_LENGTH = 200;

const At = (): PropertyDecorator =>
  applyDecorators(
    Described(
      'The instant it is about, past or to come, with its offset; now if left out',
      '2026-06-30T23:59:59+08:00',
    ),
    IsOptional(),
    IsString(),
    MaxLength(40),
  );

const TimeZone = (): PropertyDecorator =>
  applyDecorators(
    Described('In which a business day begins; the installation’s if left out', 'Asia/Shanghai'),
    IsOptional(),
    Matches(ZONE),
    MaxLength(60),
  );

/** Of answers that are no lists: they come whole. */
export class AtQuery {
  @At()
  at?: string;

  @TimeZone()
  timeZone?: string;
}

export class AtPageQuery extends PageQuery {
  @At()
  at?: string;

  @TimeZone()
  timeZone?: string;
}

export class DaysQuery extends AtPageQuery {
  @Described('First business day', '2026-06-01')
  @IsOptional()
  @Matches(DAY)
  @IsISO8601({ strict: true })
  from?: string;

  @Described('Last business day', '2026-06-30')
  @IsOptional()
  @Matches(DAY)
  @IsISO8601({ strict: true })
  to?: string;
}

export class SalesQuery extends DaysQuery {
  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  source?: string;

  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  store?: string;

  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  channel?: string;

  @IsOptional()
  @Matches(/^[A-Z]{3}$/)
  currency?: string;
}

export class ProgramDaysQuery extends DaysQuery {
  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  program?: string;
}

export class MemberValueQuery extends AtPageQuery {
  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  member?: string;

  @IsOptional()
  @Matches(/^[A-Z]{3}$/)
  currency?: string;

  @Described('`member`, or `monetary`: who is worth most first')
  @IsOptional()
  @IsIn(['member', 'monetary'])
  sort?: 'member' | 'monetary';
}

export class FeedbackQuery extends DaysQuery {
  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  store?: string;

  @IsOptional()
  @IsString()
  @MaxLength(NAME_LENGTH)
  channel?: string;
}
