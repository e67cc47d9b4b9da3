import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { purchaseDocumentExample } from '@loyalty/contracts';
import { assertBody, NotFoundError, Operation, Scopes, toHttp, type HttpAnswer } from '@loyalty/service';
import { recordBatch, type BatchAnswer } from './batch-answer.ts';
import type { PurchasesAnswer } from './core/decision.ts';
import { documentAnswer } from './document-answer.ts';
import { documentOf } from './document-body.ts';
import { findPurchase, type PurchaseView } from './find-purchase.ts';
import { pathId } from './path-id.ts';
import { BatchBody, batchShape, documentShape, VoidBody } from './purchases.dto.ts';
import type { PurchasesWriter } from './purchases-writer.ts';
import { recordDocuments, type DocumentOutcome, type Door } from './record-documents.ts';
import { PURCHASES_WRITER } from './tokens.ts';
import { voidDocument } from './void-document.ts';
import { batchExample, foundExample, recordedExample, voidedExample } from './purchases-examples.ts';

const anotherExample = {
  ...purchaseDocumentExample,
  id: '000124',
  lines: [{ item: 'tea-250g', category: 'tea', quantity: '2', unitPrice: '10.00' }],
  tenders: [{ type: 'card', amount: '20.00' }],
};

@Controller('v1/purchases')
export class PurchasesController {
  private readonly door: Door;

  constructor(@Inject(DATABASE) { pool }: Database, @Inject(PURCHASES_WRITER) writer: PurchasesWriter) {
    this.door = { pool, writer };
  }

  @Post()
  @Scopes('purchases:write')
  @Operation({
    summary: 'Record a purchase, a return, or both',
    description:
      'Lines of negative quantity are return lines. `source` and `id` make it once: sent again with the same body it gives the same answer, with another body 409.',
    body: documentShape,
    bodyExample: purchaseDocumentExample,
    answers: {
      201: 'Recorded',
      200: 'Recorded before',
      400: 'Bad input: the code of what is wrong (of several findings the first), with a pointer to each field',
      409: 'The id was used with another body',
      422: '`at_in_future`, `return_exceeds_purchase`, `unknown_purchase` (may be sent again), `purchase_of_another_member`, `purchases_of_several_members`, `member_id_personal`',
    },
    answerExample: recordedExample,
  })
  async record(@Body() body: unknown): Promise<HttpAnswer<PurchasesAnswer>> {
    assertBody(body);
    const [outcome] = await recordDocuments(this.door, [documentOf(body)]);
    return documentAnswer(outcome as DocumentOutcome);
  }

  @Post('batch')
  @HttpCode(200)
  @Scopes('purchases:write')
  @Operation({
    summary: 'Record up to 1,000 documents, each for itself',
    description: 'Every document is answered with the status it would have had alone; a bad one spoils no other.',
    body: batchShape,
    bodyExample: { documents: [purchaseDocumentExample, anotherExample] },
    answers: { 200: 'One item a document, in their order' },
    answerExample: batchExample,
  })
  recordBatch(@Body() body: BatchBody): Promise<BatchAnswer> {
    return recordBatch(this.door, body.documents);
  }

  @Post(':source/:id/void')
  @Scopes('purchases:write')
  @Operation({
    summary: 'Void a document: it never happened',
    description: 'Purchases after it are rated again, returns of it are matched again.',
    answers: {
      201: 'Voided',
      200: 'Voided before',
      409: 'Voided before for another reason',
      422: '`unknown_purchase` (may be sent again)',
    },
    parameters: { source: 'store-7', id: '000124' },
    answerExample: voidedExample,
  })
  async void(
    @Param('source') source: string,
    @Param('id') id: string,
    @Body() body: VoidBody,
  ): Promise<HttpAnswer<PurchasesAnswer>> {
    return toHttp(
      await voidDocument(this.door, { source: pathId('source', source), id: pathId('id', id), reason: body.reason }),
    );
  }

  @Get(':source/:id')
  @Scopes('purchases:read')
  @Operation({
    summary: 'Show a document as it stands now',
    answers: { 200: 'The document', 404: 'None was recorded' },
    parameters: { source: 'store-7', id: '000123' },
    answerExample: foundExample,
  })
  async find(@Param('source') source: string, @Param('id') id: string): Promise<PurchaseView> {
    const found = await findPurchase(this.door.pool, pathId('source', source), pathId('id', id));
    if (!found) throw new NotFoundError(`There is no document ${id} of ${source}.`, 'unknown_purchase');
    return found;
  }
}
