import type { StoredEvent } from './event.ts';
import { formatInstant, formatMicros } from './time.ts';

/** An event's attributes by the names that CloudEvents 1.0 gives them, and extensions of ours; all texts. Without `data`. */
export interface CloudEventAttributes {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recordedtime: string;
  readonly shard: string;
  readonly position: string;
  readonly correlationid?: string | undefined;
  readonly causationid?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly datacontenttype: 'application/json';
}

export function cloudEventAttributes(event: StoredEvent): CloudEventAttributes {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    subject: event.subject,
    time: formatInstant(event.time),
    recordedtime: formatMicros(event.recorded),
    shard: String(event.shard),
    position: String(event.position),
    // Undefined ones are not in the JSON; spread, each would cost as much as five others.
    correlationid: event.correlation ?? undefined,
    causationid: event.causation ?? undefined,
    traceparent: event.trace ?? undefined,
    datacontenttype: 'application/json',
  };
}
