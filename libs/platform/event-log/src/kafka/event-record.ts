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
const NAME_AND_VERSION = /^(.+)\.v(\d+)$/;

/**
 * An event as a topic holds it: a CloudEvent 1.0 in structured JSON mode, `data` to the byte as it was recorded (sealed fields
 * sealed). The key is the subject, so that other tools can group by it; which partition it goes to is the shard's number, not the
 * key's hash.
 */
export function recordOf(event: StoredEvent): OutgoingRecord & { readonly key: string; readonly value: string } {
  const [, schema = event.type, version = '1'] = NAME_AND_VERSION.exec(event.type) ?? [];
  const attributes: Attributes = { ...cloudEventAttributes(event), hash: event.hash };
  return {
    key: event.subject,
    value: `${JSON.stringify(attributes).slice(0, -1)}${DATA}${event.data}}`,
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      schema,
      'schema-version': version,
      position: String(event.position),
    },
  };
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
