import { Described } from '@loyalty/service';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

// The shape of the purchase document for HTTP and its description. The schema in contracts is what counts;
// purchases.dto.spec.ts holds the two against each other.
const ID = /^\S(.*\S)?$/su;
const QUANTITY = /^-?\d{1,9}(\.\d{1,3})?$/;
const MONEY = /^-?\d{1,12}(\.\d{1,6})?$/;
const PRICE = /^\d{1,12}(\.\d{1,6})?$/;
const price = { message: '$property is a decimal string such as "19.90", not negative' };

/** May be left out, but is not null: `IsOptional` would let null pass. */
const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** `ValidateNested` alone takes an empty array for an object. */
const NoArray = (each = false): PropertyDecorator =>
  ValidateBy(
    {
      name: 'noArray',
      validator: {
        validate: (value) => !Array.isArray(value),
        defaultMessage: () => '$property is an object, not an array',
      },
    },
    { each },
  );

export class NamedPurchaseBody {
  @Described('The source of the purchase, if it is another')
  @Optional()
  @IsString()
  @MaxLength(200)
  @Matches(ID)
  source?: string;

  @Described('The id of the purchase', '000123')
  @IsString()
  @MaxLength(200)
  @Matches(ID)
  id!: string;

  @Described('The line there, if it is known')
  @Optional()
  @IsInt()
  @Min(1)
  line?: number;
}

export class LineBody {
  @Described('Ordinal within the document, from 1; by position when left out')
  @Optional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  line?: number;

  @Described('What it is; compared as written when it comes back', 'coffee')
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  item!: string;

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  category?: string;

  @Described('Negative for a return line', '0.352')
  @Matches(QUANTITY, { message: '$property is a decimal string with at most 3 places' })
  quantity!: string;

  @Described('For one; with tax or without, as the program expects', '19.90')
  @Matches(PRICE, price)
  unitPrice!: string;

  @Described('Off this line')
  @Optional()
  @Matches(PRICE, price)
  discount?: string;

  @Optional()
  @Matches(MONEY, { message: '$property is a decimal string' })
  tax?: string;

  @Described('Goods when left out')
  @Optional()
  @IsIn(['goods', 'delivery', 'giftCard', 'fee'])
  kind?: string;

  @Described('Of a return line: the purchase it undoes')
  @Optional()
  @NoArray()
  @ValidateNested()
  @Type(() => NamedPurchaseBody)
  of?: NamedPurchaseBody;
}

export class TenderBody {
  @Described('How it was paid', 'card')
  @IsString()
  @MinLength(1)
  @MaxLength(50)
  type!: string;

  @Matches(PRICE, price)
  amount!: string;
}

export class PurchaseBody {
  @Described('Who sends: a till, a shop, a channel', 'till-1')
  @IsString()
  @MaxLength(200)
  @Matches(ID)
  source!: string;

  @Described('Unique within its source. Sent again with the same body it gives the same answer', '000123')
  @IsString()
  @MaxLength(200)
  @Matches(ID)
  id!: string;

  @Described('Whose it is; opaque: no e-mail address, no phone number. Left out where nobody is known', 'm-1001')
  @Optional()
  @IsString()
  @MaxLength(200)
  @Matches(ID)
  member?: string;

  @Described('The program that rates it; the default program of its source when left out')
  @Optional()
  @IsString()
  @MaxLength(200)
  @Matches(ID)
  program?: string;

  @Described('When it happened, with its offset', '2026-06-06T10:00:00+08:00')
  @IsString()
  @MaxLength(40)
  at!: string;

  @Described('ISO 4217', 'CNY')
  @IsString()
  @MaxLength(10)
  currency!: string;

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  store?: string;

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  channel?: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20_000)
  @NoArray(true)
  @ValidateNested({ each: true })
  @Type(() => LineBody)
  lines!: LineBody[];

  @Described('Off the whole basket; spread over the goods lines')
  @Optional()
  @Matches(PRICE, price)
  discount?: string;

  @Optional()
  @IsArray()
  @ArrayMaxSize(50)
  @NoArray(true)
  @ValidateNested({ each: true })
  @Type(() => TenderBody)
  tenders?: TenderBody[];
}

export class BatchBody {
  /** Checked one by one, so that a bad one spoils no other. */
  @Described('Purchase documents; each is answered for itself')
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  documents!: unknown[];
}

export class VoidBody {
  @Described('Why', 'mistyped')
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  reason?: string;
}
