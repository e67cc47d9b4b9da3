import {
  cloudEventAttributes,
  parseInstant,
  parseMicros,
  type CloudEventAttributes,
  type StoredEvent,
} from '@loyalty/kernel';
import type { KafkaRecord, OutgoingRecord } from './kafka-client.ts';

/** The hash besides: readers hold it against what they have applied. */
type Attributes = CloudEventAttributes & { readonly hash: string };

/** The member that stands last. Inside a JSON string its quotes would be escaped, so its first occurrence is the member itself. */
const DATA = ',"data":';
const CONTENT_TYPE = 'application/cloudevents+json; charset=utf-8';

/**
 * An event as a topic holds it: a CloudEvent 1.0 in structured JSON mode, `data` to the byte as it was recorded (sealed fields
 * sealed). The key is the subject, so that other tools can group by it; which partition it goes to is the shard's number, not the
 * key's hash. Headers are few: both clients take as long for four of them as for half of the record.
 */
export function recordOf(event: StoredEvent): OutgoingRecord & { readonly key: string; readonly value: string } {
  const attributes = JSON.stringify(cloudEventAttributes(event)).slice(0, -1);
  return {
    key: event.subject,
    value: `${attributes},"hash":"${event.hash}"${DATA}${event.data}}`,
    headers: headersOf(event.type),
  };
}

/** The same object for all events of a type, so that a client need not encode it again. */
const headersByType = new Map<string, OutgoingRecord['headers']>();

function headersOf(type: string): OutgoingRecord['headers'] {
  let headers = headersByType.get(type);
  if (headers === undefined) {
    headers = { 'content-type': CONTENT_TYPE, schema: type };
    headersByType.set(type, headers);
  }
  return headers;
}

/** @throws {TypeError} for what is no event of this project */
export function eventOf({ offset, value }: Pick<KafkaRecord, 'offset' | 'value'>): StoredEvent {
  const text = value?.toString('utf8') ?? '';
  const cut = text.indexOf(DATA);
  try {
    const a = JSON.parse(`${text.slice(0, cut)}}`) as Attributes;
    const event: StoredEvent = {
      shard: Number(a.shard),
      position: Number(a.position),
      id: a.id,
      source: a.source,
      type: a.type,
      subject: a.subject,
      time: parseInstant(a.time) as number,
      recorded: parseMicros(a.recordedtime),
      correlation: a.correlationid ?? null,
      causation: a.causationid ?? null,
      trace: a.traceparent ?? null,
      data: text.slice(cut + DATA.length, -1),
      hash: a.hash,
    };
    if (cut > 0 && event.position > 0 && Number.isFinite(event.time) && Number.isFinite(event.recorded)) return event;
  } catch {
    // Told below.
  }
  throw new TypeError(`the record at offset ${offset} is no event: ${text.slice(0, 80)}`);
}
