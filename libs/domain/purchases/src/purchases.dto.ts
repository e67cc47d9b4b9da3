import { purchaseDocument, purchaseLine } from '@loyalty/contracts';
import { Described, named } from '@loyalty/service';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { z } from 'zod';

const MOST_DOCUMENTS = 1000;

named('PurchaseLine', purchaseLine);
/** The body of one purchase, for the API's description. What checks it is `documentOf`, at every door the same. */
export const documentShape = named('PurchaseDocument', purchaseDocument);

/** The body of a batch, for the API's description. */
export const batchShape = named(
  'PurchaseBatch',
  z.strictObject({
    documents: z.array(documentShape).min(1).max(MOST_DOCUMENTS).describe('Each is answered for itself.'),
  }),
);

export class BatchBody {
  /** Checked one by one, so that a bad one spoils no other. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_DOCUMENTS)
  documents!: unknown[];
}

export class VoidBody {
  @Described('Why', 'mistyped')
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  reason?: string;
}
