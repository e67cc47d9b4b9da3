import { Described, PageQuery } from '@loyalty/service';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { sources } from './core/event-types.ts';

/** Stands in paths, logs and metrics as it is. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const URL_LENGTH = 2_000;
const MOST_TYPES = 100;
const TEXT_LENGTH = 500;
const WEEK_H = 168;

export class CreateWebhookBody {
  @Described('Yours: names the webhook; sent again with the same fields it changes nothing', 'crm')
  @Matches(ID, { message: 'id must be letters, digits, ".", "_" and "-", at most 100' })
  id!: string;

  @Described('Where events are sent to; https', 'https://crm.example.com/hooks/loyalty')
  @IsString()
  @MaxLength(URL_LENGTH)
  url!: string;

  @Described('Event types, or patterns with `*` at the end: `points.*`, `*` for everything', ['points.*'])
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_TYPES)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  types!: string[];

  @Described('For people', 'Points on the customer’s page')
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_LENGTH)
  description?: string;
}

export class ChangeWebhookBody {
  @Described('Where events are sent to from now on; https', 'https://crm.example.com/hooks/loyalty')
  @IsOptional()
  @IsString()
  @MaxLength(URL_LENGTH)
  url?: string;

  @Described('Of events queued from now on', ['points.*', 'tier.changed.v1'])
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_TYPES)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  types?: string[];

  @Described('For people', 'Points and tiers on the customer’s page')
  @IsOptional()
  @IsString()
  @MaxLength(TEXT_LENGTH)
  description?: string;

  @Described('false: nothing is sent, events wait in the logs. true: goes on where it stopped', true)
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;
}

export class RotateSecretBody {
  @Described('Hours in which the secret before is valid besides', 24)
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(WEEK_H)
  graceHours: number = 24;
}

export class PositionBody {
  @Described('The service whose log it is', 'points')
  @IsIn(sources)
  source!: string;

  @Described('As the event says', 3)
  @IsInt()
  @Min(0)
  @Max(1023)
  shard!: number;

  @Described('The last event that is not wanted again; 0 = from the beginning of the shard', 1204)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  position!: number;
}

export class ReplayBody {
  @Described('Everything recorded from this instant on, in every log', '2026-06-01T00:00:00Z')
  @IsOptional()
  @IsString()
  @MaxLength(40)
  from?: string;

  @Described('Or: everything behind this position of one shard of one log')
  @IsOptional()
  @ValidateNested()
  @Type(() => PositionBody)
  after?: PositionBody;
}

export class DeliveriesQuery extends PageQuery {
  @Described('`true`: only attempts that did not deliver')
  @IsOptional()
  @IsIn(['true', 'false'])
  failed?: 'true' | 'false';
}
