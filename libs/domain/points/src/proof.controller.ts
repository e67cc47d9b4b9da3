import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import {
  BeyondTreeError,
  BlocksBehindError,
  findEvent,
  makeReceipt,
  UnknownEventError,
  type Receipt,
} from '@loyalty/event-store';
import type { LogPosition } from '@loyalty/kernel';
import { BadInputError, NotFoundError, Operation, Scopes, UnavailableError } from '@loyalty/service';
import { EntryPosition } from './explain/entries.dto.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';
import { ProofQuery } from './proof.dto.ts';
import { proofExample } from './proof-example.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const description =
  'The entry as stored, the bytes that its hash covers, and its way up to the root of a Merkle tree over all entries of its shard. The answer, ' +
  'saved as a file, is checked by `npx loyalty prove --verify <file>`, without this service: docs/concepts/proof.md.';
const answers = {
  200: 'The receipt',
  400: 'No id, or `upto` names no position of the shard at or behind the entry',
  404: 'There is no such entry',
  503: 'Blocks are still being closed',
};

/** Proofs of entries, by their id or by their `position`. */
@Controller('v1/entries')
export class ProofController {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Get(':id/proof')
  @Scopes('points:read')
  @Operation({
    summary: 'Prove an entry, by its id',
    description,
    answers,
    parameters: { id: '01a202aa-2165-74b7-ba9a-43c842cbcb18' },
    answerExample: proofExample,
  })
  async byId(@Param('id') id: string, @Query() query: ProofQuery): Promise<Receipt> {
    if (!UUID.test(id)) throw new BadInputError([{ pointer: '/id', in: 'path', message: 'must be a UUID' }]);
    const events = await findEvent(this.database.pool, schema, id);
    if (events.length === 0) throw new NotFoundError(`No entry has the id ${id}.`, 'unknown_entry');
    return this.prove(events, query);
  }

  @Get(':shard/:position/proof')
  @Scopes('points:read')
  @Operation({ summary: 'Prove an entry, by its `position`', description, answers, answerExample: proofExample })
  byPosition(@Param() { shard, position }: EntryPosition, @Query() query: ProofQuery): Promise<Receipt> {
    return this.prove([{ shard, position }], query);
  }

  private async prove(events: readonly LogPosition[], { upto }: ProofQuery): Promise<Receipt> {
    const sizes = upto === undefined ? undefined : new Map(events.map(({ shard }) => [shard, upto]));
    try {
      return await makeReceipt(this.database.pool, { schema, service: 'points', events, ...(sizes && { sizes }) });
    } catch (error) {
      if (error instanceof UnknownEventError) throw new NotFoundError(error.message, 'unknown_entry');
      if (error instanceof BlocksBehindError) throw new UnavailableError(error.message, 'blocks_behind');
      if (error instanceof BeyondTreeError)
        throw new BadInputError([{ pointer: '/upto', in: 'query', message: error.message }]);
      throw error;
    }
  }
}
