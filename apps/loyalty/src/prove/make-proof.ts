import { writeFile } from 'node:fs/promises';
import { findEvent, makeReceipt, readLog, type Receipt } from '@loyalty/event-store';
import { checkReceipt, type TreeAnchor } from '@loyalty/event-store/check-receipt';
import { shardOf, type LogPosition } from '@loyalty/kernel';
import type { ServiceDefinition } from '@loyalty/projections';
import type { Pool } from 'pg';
import { UsageError, type CommandResult } from '../command.ts';
import { withLedger } from '../open-ledger.ts';
import { closeAll } from './anchors-now.ts';
import { receiptText } from './receipt-text.ts';

/** Which events a receipt is wanted for. */
export type Wanted =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'subject'; readonly subject: string; readonly service: string };

export interface ProofOptions {
  /** Where the receipt is written. Undefined: to standard output. */
  readonly out: string | undefined;
  /** To hang on instead of the ends of the logs. */
  readonly anchors: readonly TreeAnchor[] | undefined;
}

interface Found {
  readonly definition: ServiceDefinition;
  readonly events: readonly LogPosition[];
}

/** A receipt, checked before it is written. Rejects with UsageError when there is no such event. */
export function makeProof(wanted: Wanted, { out, anchors }: ProofOptions): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const { pool } = runtime.database;
    const definitions = runtime.parts.map(({ definition }) => definition);
    const { definition, events } = await find(pool, definitions, wanted);
    await closeAll(pool, definition.schema);
    const sizes = anchors && latest(anchors, definition.service);
    const provable = sizes ? events.filter(({ shard, position }) => position <= (sizes.get(shard) ?? 0)) : events;
    const younger = events.length - provable.length;
    if (provable.length === 0)
      throw new UsageError(
        '--anchor: every anchor is older than what is to be proved; take a newer one, or leave it out',
      );
    const { schema, service } = definition;
    const receipt = await makeReceipt(pool, { schema, service, events: provable, ...(sizes && { sizes }) });
    return result(receipt, { out, anchors, younger });
  });
}

async function find(pool: Pool, definitions: readonly ServiceDefinition[], wanted: Wanted): Promise<Found> {
  if (wanted.by === 'id') {
    for (const definition of definitions) {
      const events = await findEvent(pool, definition.schema, wanted.id);
      if (events.length > 0) return { definition, events };
    }
    throw new UsageError(`no log has an event with the id ${wanted.id}`);
  }
  const { service, subject } = wanted;
  const definition = definitions.find((each) => each.service === service);
  if (!definition)
    throw new UsageError(`--service ${service}: there are ${definitions.map((each) => each.service).join(', ')}`);
  const { shards } = await readLog(pool, definition.schema);
  const { rows } = await pool.query<LogPosition>(
    `SELECT shard, position FROM ${definition.schema}.events WHERE shard = $1 AND subject = $2 ORDER BY position`,
    [shardOf(subject, shards), subject],
  );
  if (rows.length === 0) throw new UsageError(`the log of ${service} has no event of ${JSON.stringify(subject)}`);
  return { definition, events: rows };
}

/** The furthest of each shard. */
function latest(anchors: readonly TreeAnchor[], service: string): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const { shard, position } of anchors.filter((anchor) => anchor.service === service))
    sizes.set(shard, Math.max(position, sizes.get(shard) ?? 0));
  return sizes;
}

async function result(
  receipt: Receipt,
  { out, anchors, younger }: ProofOptions & { readonly younger: number },
): Promise<CommandResult> {
  const checked = checkReceipt(receipt, anchors && { anchors });
  if (!checked.ok) {
    const text = `${receiptText(checked)}\nNo receipt was written: the log does not prove this. Run \`loyalty verify\`.`;
    return { ok: false, json: { ...checked, younger }, text };
  }
  const text = `${JSON.stringify(receipt, null, 2)}\n`;
  if (out === undefined) return { json: receipt, text };
  await writeFile(out, text);
  const entries = receipt.entries.length;
  const lines = [
    `${entries} ${entries === 1 ? 'event' : 'events'} proved in ${out}.`,
    ...(younger > 0 ? [`${younger} younger than the anchor: not in the receipt.`] : []),
    `Check it anywhere, without this ledger: loyalty prove --verify ${out}`,
  ];
  return { json: { file: out, entries, younger, anchors: receipt.anchors }, text: lines.join('\n') };
}
