import { Described } from '@loyalty/service';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export class TimelineQuery {
  @Described('Only this program’s wallet', 'harbour-club')
  @IsOptional()
  @IsString()
  @MaxLength(200)
  program?: string;

  @Described('Steps of each wallet; `further` counts those left out', 100)
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;
}
