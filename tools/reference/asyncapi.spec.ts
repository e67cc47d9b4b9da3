import { parse } from 'yaml';
import { asyncapi } from './asyncapi.ts';

interface Schema {
  readonly properties: Readonly<Record<string, { readonly const?: unknown }>>;
  readonly required?: readonly string[];
}
interface Message {
  readonly name: string;
  readonly headers?: { readonly $ref: string };
  readonly examples?: readonly {
    readonly headers: object;
    readonly payload: { readonly type: string; readonly source: string };
  }[];
}
interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: object }>>;
  readonly operations: Readonly<Record<string, { readonly channel: { readonly $ref: string } }>>;
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

const document = parse(asyncapi().get('asyncapi.yaml') ?? '') as Document;
const { messages, schemas } = document.components;

/** What an object lacks of a schema, or has besides it. */
function differs(object: object, { properties, required = [] }: Schema, besides: readonly string[] = []): string[] {
  const names = Object.keys(object);
  const wrong = Object.entries(object).filter(
    ([name, value]) => properties[name]?.const !== undefined && properties[name].const !== value,
  );
  return [
    ...required.filter((name) => !names.includes(name)),
    ...names.filter((name) => !(name in properties) && !besides.includes(name)),
    ...wrong.map(([name]) => name),
  ];
}

it('the AsyncAPI document tells of events what the relay publishes', () => {
  const events = Object.entries(messages).filter(([type]) => /\.v\d+$/.test(type));
  expect(events.length).toBeGreaterThan(30);
  for (const [type, { examples: [example] = [] }] of events) {
    expect(example?.payload.type).toBe(type);
    expect(differs(example!.headers, schemas['eventHeaders']!)).toEqual([]);
    expect(differs(example!.payload, schemas['attributes']!, ['data'])).toEqual([]);
    expect(document.channels[example!.payload.source]?.messages).toHaveProperty([type]);
  }
});

it('the AsyncAPI document refers to nothing that is not there', () => {
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path.split('/'));
  expect(refs.length).toBeGreaterThan(100);
  for (const path of refs) expect(document).toHaveProperty(path);
});
