import {
  discardParked,
  listParked,
  retryParked,
  type Handlers,
  type ParkedEvent,
  type ParkingPlace,
} from '@loyalty/event-log';
import type { Writer } from '@loyalty/event-store';
import { arrivals, TRANSFERS } from '@loyalty/points';
import type { Runtime } from '@loyalty/service';
import { UsageError, type CommandResult, type Options } from './command.ts';
import { withLedger } from './open-ledger.ts';
import { table } from './table.ts';

const SHOWN = 1_000;

/** Somewhere that events can be parked, and how they are tried again. */
interface Parking {
  readonly place: ParkingPlace;
  readonly handlers: Handlers<never>;
  readonly writer: Writer<never, unknown>;
}

/** Of every reactor and of the courier that takes transfers to their receivers, or of the one that was asked for. */
function parkings(runtime: Runtime, service: Options[string]): Parking[] {
  const writerOf = ({ schema }: ParkingPlace): Writer<never, unknown> => {
    const part = runtime.parts.find(({ definition }) => definition.schema === schema);
    return runtime.writer(part?.definition.service ?? schema);
  };
  const lives = ({ schema }: ParkingPlace): boolean =>
    runtime.parts.some(({ definition }) => definition.schema === schema);
  const all = [
    ...runtime.reactions.map(({ place, strategy }) => ({ place, handlers: strategy.handlers() as Handlers<never> })),
    ...(lives(TRANSFERS) ? [{ place: TRANSFERS, handlers: arrivals as Handlers<never> }] : []),
  ].map((each): Parking => ({ ...each, writer: writerOf(each.place) }));
  const found = all.filter(({ place }) => service === undefined || place.consumer === service);
  if (found.length > 0) return found;
  const names = [...new Set(all.map(({ place }) => place.consumer))].join(', ');
  throw new UsageError(`--service ${service}: ${names} can have parked events`);
}

export function listAll({ service, member }: Options): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const parked: ParkedEvent[] = [];
    const filter = typeof member === 'string' ? { subject: member } : {};
    for (const { place } of parkings(runtime, service)) {
      const { schema, consumer, source } = place;
      parked.push(...(await listParked(runtime.database.pool, schema, { consumer, source, ...filter }, SHOWN)));
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
    for (const { place, handlers, writer } of parkings(runtime, service)) {
      const result = await retryParked({
        pool: runtime.database.pool,
        ...place,
        handlers,
        writer,
        filter: typeof member === 'string' ? { subject: member } : {},
      });
      released += result.released;
      refused += result.refused;
      failed.push(...result.failed);
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
    const parking = parkings(runtime, service).find(({ place }) => place.source === source);
    if (!parking) throw new UsageError(`${service} does not follow ${source}`);
    const discarded = await discardParked({
      pool: runtime.database.pool,
      ...parking.place,
      shard,
      position,
      reason,
      by,
      now: Date.now(),
      writer: parking.writer,
    });
    const text = discarded
      ? 'Discarded, and recorded. The member’s later events stay parked: retry them next.'
      : 'No such event is parked.';
    return { ok: discarded, json: { discarded, service, source, shard, position }, text };
  });
}
