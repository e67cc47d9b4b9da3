import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Pages } from '../generate.ts';
import { documentedEvents } from './contract-schemas.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const text = (description: string) => ({ type: 'string', description });

/** What every event carries besides its data: the attributes of CloudEvents 1.0 and the log's own. */
const attributes = {
  type: 'object',
  properties: {
    id: text('UUIDv7. An event written to every shard has the same id in each.'),
    source: text('The service that wrote it.'),
    type: text('The event type, its version included.'),
    subject: text('The member, or the document where there is no member.'),
    time: text('When it took effect, not when it was written.'),
    recordedtime: text('When it was written; never goes back within a shard.'),
    shard: text('The shard of the log, chosen by the subject.'),
    position: text('Position in the shard: 1, 2, 3 … without gap. A decimal string on the wire.'),
    correlationid: text('What all events of one piece of work share.'),
    causationid: text('The event or command that caused this one.'),
    traceparent: text('W3C trace context.'),
  },
  required: ['id', 'source', 'type', 'subject', 'time', 'recordedtime', 'shard', 'position'],
};

/** AsyncAPI 3: one channel a service, one message an event type, one send operation a service. */
export function asyncapi(): Pages {
  const services = [...new Set(documentedEvents.map((event) => event.service))];
  const eventsOf = (service: string) => documentedEvents.filter((event) => event.service === service);
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Loyalty Ledger events',
      version,
      license: { name: 'Apache-2.0' },
      description: 'Each service appends to its own log. A service learns of another only by these events.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      services.map((service) => [
        service,
        {
          address: service,
          description: `The log of ${service}, shard by shard.`,
          messages: Object.fromEntries(
            eventsOf(service).map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]),
          ),
        },
      ]),
    ),
    operations: Object.fromEntries(
      services.map((service) => [`${service}.append`, { action: 'send', channel: { $ref: `#/channels/${service}` } }]),
    ),
    components: {
      messages: Object.fromEntries(
        documentedEvents.map(({ type, comment, example }) => [
          type,
          {
            name: type,
            ...(comment && { summary: comment }),
            headers: { $ref: '#/components/schemas/attributes' },
            payload: { $ref: `schemas/${type}.json` },
            examples: [{ payload: example }],
          },
        ]),
      ),
      schemas: { attributes },
    },
  };
  return new Map([['asyncapi.yaml', stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 })]]);
}
