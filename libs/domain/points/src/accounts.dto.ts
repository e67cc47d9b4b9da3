import { Described } from '@loyalty/service';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

const TEXT_LENGTH = 1000;
const ID_LENGTH = 200;

/** Of closing and reopening alike. */
export class AccountBody {
  @Described('Why; part of the entry for ever, so no personal data', 'asked to leave the program')
  @IsString()
  @IsNotEmpty()
  @MaxLength(TEXT_LENGTH)
  reason!: string;

  @Described('Yours, shown in the entry', 'case-17')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(ID_LENGTH)
  reference?: string;
}
