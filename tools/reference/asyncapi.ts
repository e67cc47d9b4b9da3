import { readFileSync } from 'node:fs';
import { purchaseDocumentExample } from '@loyalty/contracts';
import { recordOf } from '@loyalty/event-log';
import { environmentVariables, readEnvironment } from '@loyalty/service';
import { stringify } from 'yaml';
import type { Pages } from '../generate.ts';
import { documentedEvents, type DocumentedEvent } from './contract-schemas.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const text = (description: string) => ({ type: 'string', description });
const CLOUD_EVENT = 'application/cloudevents+json; charset=utf-8';

/** What every event carries besides its data: the attributes of CloudEvents 1.0 and the log's own. */
const attributes = {
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: text('UUIDv7. An event written to every shard has the same id in each.'),
    source: text('The service that wrote it.'),
    type: text('The event type, its version included.'),
    subject: text('The member, or the document where there is no member.'),
    time: text('When it took effect, not when it was written.'),
    recordedtime: text('When it was written; never goes back within a shard.'),
    shard: text('The shard of the log, chosen by the subject: the partition.'),
    position: text('Position in the shard: 1, 2, 3 … without gap. A decimal string on the wire.'),
    correlationid: text('What all events of one piece of work share.'),
    causationid: text('The event or command that caused this one.'),
    traceparent: text('W3C trace context.'),
    datacontenttype: { const: 'application/json' },
    hash: text('Of the log’s chain up to this event, in hex.'),
  },
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'recordedtime', 'shard', 'position', 'hash'],
};

const eventHeaders = {
  type: 'object',
  properties: {
    'content-type': { const: CLOUD_EVENT },
    schema: text('Name and version of the event’s schema, as `type` has them: a changed meaning is a new version.'),
  },
  required: ['content-type', 'schema'],
};

const inboundHeaders = {
  type: 'object',
  properties: {
    ce_specversion: { const: '1.0', description: 'In CloudEvents’ binary mode, with its other ce_ headers.' },
  },
};

const deadLetterHeaders = {
  type: 'object',
  properties: {
    'dead-letter-id': text('As in /v1/dead-letters/{id}. A record may be there twice, with the same id.'),
    'dead-letter-code': text('Why, to program against: the code that HTTP answers with.'),
    'dead-letter-pointer': text('JSON pointer to the field; empty for the document as a whole.'),
    'dead-letter-message': text('Why, for people.'),
    'dead-letter-topic': text('Where it stands,'),
    'dead-letter-topic-id': text('Kafka’s, as the topic may be made again,'),
    'dead-letter-partition': text('in which partition,'),
    'dead-letter-offset': text('at which offset.'),
    'dead-letter-bytes': text('How long its value is.'),
  },
};

/** As the relay publishes it. */
function exampleOf({ service, type, example }: DocumentedEvent) {
  const time = Date.UTC(2026, 5, 6, 2, 15);
  const record = recordOf({
    id: '019743b6-1c00-7000-8000-000000000001',
    source: service,
    type,
    subject: 'm-1001',
    time,
    recorded: (time + 120) * 1_000,
    shard: 3,
    position: 4711,
    correlation: null,
    causation: null,
    trace: null,
    data: JSON.stringify(example),
    hash: '5f'.repeat(32),
  });
  return { headers: record.headers, payload: JSON.parse(record.value) as unknown };
}

function messageOf(event: DocumentedEvent) {
  const { type, comment } = event;
  const data = { $ref: `schemas/${type}.json` };
  return {
    name: type,
    ...(comment && { summary: comment }),
    contentType: CLOUD_EVENT,
    headers: { $ref: '#/components/schemas/eventHeaders' },
    payload: {
      allOf: [
        { $ref: '#/components/schemas/attributes' },
        { type: 'object', properties: { type: { const: type }, data }, required: ['data'] },
      ],
    },
    bindings: { kafka: { key: text('The subject.') } },
    examples: [exampleOf(event)],
  };
}

const inboundMessages = {
  purchase: {
    name: 'purchase',
    summary: 'A purchase, a return, or both, as over HTTP.',
    contentType: 'application/json',
    headers: { $ref: '#/components/schemas/inboundHeaders' },
    payload: { $ref: 'schemas/purchase-document.json' },
    examples: [{ payload: purchaseDocumentExample }],
  },
  purchaseEvent: {
    name: 'purchaseEvent',
    summary: 'The same in a CloudEvent 1.0; only its data matters.',
    contentType: 'application/cloudevents+json',
    payload: {
      type: 'object',
      properties: { specversion: { const: '1.0' }, data: { $ref: 'schemas/purchase-document.json' } },
      required: ['specversion', 'data'],
    },
    examples: [
      {
        payload: {
          specversion: '1.0',
          id: '000123',
          source: '/tills/7',
          type: 'com.example.sale',
          datacontenttype: 'application/json',
          data: purchaseDocumentExample,
        },
      },
    ],
  },
  deadLetter: {
    name: 'deadLetter',
    summary:
      'A record of the inbound topic that could not be recorded, with its key unless that tells who somebody is.',
    headers: { $ref: '#/components/schemas/deadLetterHeaders' },
    payload: {
      type: 'null',
      description: 'What was sent is in the inbound topic and, until it is settled, in /v1/dead-letters/{id}.',
    },
  },
};

/** An address that a variable changes. */
function named(variable: 'KAFKA_TOPIC_PREFIX' | 'KAFKA_INBOUND_TOPIC' | 'KAFKA_DEAD_LETTER_TOPIC', byDefault: string) {
  const { meaning = '' } = environmentVariables().find(({ name }) => name === variable) ?? {};
  return { default: byDefault, description: `${variable}: ${meaning}.` };
}

const prefix = named('KAFKA_TOPIC_PREFIX', readEnvironment({}).KAFKA_TOPIC_PREFIX);
const refs = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));

function eventChannel(service: string) {
  return {
    address: `{prefix}${service}.events`,
    parameters: { prefix },
    description:
      `The log of ${service}: partition n is shard n, in the order of positions, for ever. A record may be there twice, never out of ` +
      'place and never missing: what is not above the last position seen of a partition is a repetition.',
    messages: refs(documentedEvents.filter((event) => event.service === service).map(({ type }) => type)),
    bindings: { kafka: { topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': -1 } } },
  };
}

const inboundChannels = {
  inbound: {
    address: '{topic}',
    parameters: { topic: named('KAFKA_INBOUND_TOPIC', 'purchases.inbound') },
    description:
      'Yours: any number of partitions, any retention, any key, any order. Each document is recorded once, by its source and id, however ' +
      'often and wherever it is sent.',
    messages: refs(['purchase', 'purchaseEvent']),
  },
  deadLetters: {
    address: '{topic}',
    parameters: { topic: named('KAFKA_DEAD_LETTER_TOPIC', readEnvironment({}).KAFKA_DEAD_LETTER_TOPIC) },
    description: 'What could not be recorded, at least once each, when it begins to wait for people.',
    messages: refs(['deadLetter']),
  },
};

/** AsyncAPI 3: one channel a topic, one message an event type, one operation a service; and what is taken in. */
export function asyncapi(): Pages {
  const services = [...new Set(documentedEvents.map((event) => event.service))];
  const operation = (action: 'send' | 'receive', channel: string) => ({
    action,
    channel: { $ref: `#/channels/${channel}` },
  });
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Loyalty Ledger over Kafka',
      version,
      license: { name: 'Apache-2.0' },
      description:
        'Each service appends to its own log, and with EVENT_LOG=kafka publishes it. A service learns of another only by these events. ' +
        'With KAFKA_INBOUND_TOPIC purchases and returns are taken in from a topic.',
    },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(services.map((service) => [service, eventChannel(service)])),
      ...inboundChannels,
    },
    operations: {
      ...Object.fromEntries(services.map((service) => [`${service}.publish`, operation('send', service)])),
      'purchases.take': operation('receive', 'inbound'),
      'purchases.refuse': operation('send', 'deadLetters'),
    },
    components: {
      messages: {
        ...Object.fromEntries(documentedEvents.map((event) => [event.type, messageOf(event)])),
        ...inboundMessages,
      },
      schemas: { attributes, eventHeaders, inboundHeaders, deadLetterHeaders },
    },
  };
  return new Map([['asyncapi.yaml', stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 })]]);
}
