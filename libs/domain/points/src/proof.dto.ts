import { Described } from '@loyalty/service';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

export class ProofQuery {
  @Described('Hang on the log as it was at this position of the shard, where an anchor stands; its end if left out', 8)
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  upto?: number;
}
