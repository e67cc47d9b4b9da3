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
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
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
    ...(event.correlation !== null && { correlationid: event.correlation }),
    ...(event.causation !== null && { causationid: event.causation }),
    ...(event.trace !== null && { traceparent: event.trace }),
    datacontenttype: 'application/json',
  };
}
