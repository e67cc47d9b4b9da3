import { discardParked, listParked, retryParked, type ParkedEvent } from '@loyalty/event-log';
import type { Runtime } from '@loyalty/service';
import { UsageError, type CommandResult, type Options } from './command.ts';
import { withLedger } from './open-ledger.ts';
import { table } from './table.ts';

const SHOWN = 1_000;

/** The parts that follow another log, or the one that was asked for. */
function partsOf(runtime: Runtime, service: Options[string]): Runtime['parts'] {
  const reacting = runtime.parts.filter(({ reactors }) => reactors.length > 0);
  if (service === undefined) return reacting;
  const found = reacting.filter(({ definition }) => definition.service === service);
  if (found.length > 0) return found;
  throw new UsageError(
    `--service ${service}: ${reacting.map(({ definition }) => definition.service).join(', ')} can have parked events`,
  );
}

export function listAll({ service, member }: Options): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const parked: ParkedEvent[] = [];
    const filter = typeof member === 'string' ? { subject: member } : {};
    for (const { definition } of partsOf(runtime, service)) {
      parked.push(...(await listParked(runtime.database.pool, definition.schema, filter, SHOWN)));
    }
    const rows = parked.map((each) => [
      each.consumer,
      each.source,
      each.shard,
      each.position,
      each.event.type,
      each.subject,
      each.attempts,
      each.reason,
    ]);
    const head = ['service', 'source', 'shard', 'position', 'type', 'member', 'tried', 'reason'];
    const shown = parked.map(({ event, ...each }) => ({ ...each, type: event.type, event: event.id }));
    return { json: { parked: shown }, text: parked.length === 0 ? 'Nothing is parked.' : table(head, rows) };
  });
}

export function retryAll({ service, member }: Options): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    let released = 0;
    let refused = 0;
    const failed: ParkedEvent[] = [];
    for (const { definition } of partsOf(runtime, service)) {
      for (const { route, strategy } of runtime.reactions.filter(({ place }) => place.schema === definition.schema)) {
        const result = await retryParked({
          pool: runtime.database.pool,
          schema: definition.schema,
          consumer: route.consumer,
          source: route.source,
          handlers: strategy.handlers(),
          writer: runtime.writer(definition.service),
          filter: typeof member === 'string' ? { subject: member } : {},
        });
        released += result.released;
        refused += result.refused;
        failed.push(...result.failed);
      }
    }
    const lines = [`${released} applied (${refused} of them refused by a rule), ${failed.length} failed again.`];
    lines.push(
      ...failed.map((each) => `${each.consumer} ${each.source} ${each.shard}/${each.position}: ${each.reason}`),
    );
    const left = failed.map(({ event, ...each }) => ({ ...each, type: event.type, event: event.id }));
    return { ok: failed.length === 0, json: { released, refused, failed: left }, text: lines.join('\n') };
  });
}

export interface Discard {
  readonly service: string;
  readonly source: string;
  readonly shard: number;
  readonly position: number;
  readonly reason: string;
  readonly by: string;
}

export function discardOne({ service, source, shard, position, reason, by }: Discard): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const [part] = partsOf(runtime, service);
    const reaction = runtime.reactions.find(
      ({ place }) => place.schema === part?.definition.schema && place.source === source,
    );
    if (!reaction) throw new UsageError(`${service} does not follow ${source}`);
    const discarded = await discardParked({
      pool: runtime.database.pool,
      schema: reaction.place.schema,
      consumer: reaction.place.consumer,
      source,
      shard,
      position,
      reason,
      by,
      now: Date.now(),
      writer: runtime.writer<never, unknown>(service),
    });
    const text = discarded
      ? 'Discarded, and recorded. The member’s later events stay parked: retry them next.'
      : 'No such event is parked.';
    return { ok: discarded, json: { discarded, service, source, shard, position }, text };
  });
}
