import { tiersEvents } from '@loyalty/contracts';
import { createWriter, type Writer, type WriterOptions } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { TiersAnswer, TiersInput } from './core/commands.ts';
import type { MemberState } from './core/member-state.ts';
import type { Programs } from './core/programs.ts';
import { FALLBACK_PROGRAM, TIERS_SCHEMA } from './names.ts';
import { tiersDecider } from './tiers-decider.ts';

export type TiersWriter = Writer<TiersInput, TiersAnswer, Programs>;

export interface TiersWriterOptions extends Omit<
  WriterOptions<MemberState, TiersInput, TiersAnswer, Programs>,
  'pool' | 'schema' | 'service' | 'decider' | 'contracts'
> {
  /** The program of sources that no program claims, as long as none is recorded. @default standard */
  readonly defaultProgram?: string;
}

/** Writes the tiers' log, without Nest: for the module, the command line and tests. Whoever made it closes it. */
export function createTiersWriter(pool: Pool, options: TiersWriterOptions = {}): TiersWriter {
  const { defaultProgram = FALLBACK_PROGRAM, ...rest } = options;
  return createWriter({
    ...rest,
    pool,
    schema: TIERS_SCHEMA,
    service: 'tiers',
    decider: tiersDecider(TIERS_SCHEMA, defaultProgram),
    contracts: tiersEvents,
  });
}
