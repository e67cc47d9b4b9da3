import type { Pages } from '../generate.ts';
import { documentedEvents, type DocumentedEvent } from './contract-schemas.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly format?: string;
  readonly description?: string;
}

function typeOf(property: Property): string {
  if (property.enum) return property.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  if (property.anyOf) return property.anyOf.map(typeOf).join(' \\| ');
  if (property.type === 'array') return `list of ${typeOf(property.items ?? {})}`;
  return property.type ?? 'any';
}

function section({ type, comment, sealed, schema, example }: DocumentedEvent): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description = '', ...rest } = property as Property;
    const marks = [required.has(name) ? '' : 'optional', sealed.includes(name) ? 'sealed' : ''].filter(Boolean);
    return `| \`${name}\` | ${typeOf(rest)} | ${marks.join(', ')} | ${description.replaceAll('|', '\\|')} |`;
  });
  return [
    `### \`${type}\``,
    ...(comment ? [comment] : []),
    ['| field | type | | meaning |', '|---|---|---|---|', ...rows].join('\n'),
    `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
    `[JSON Schema](schemas/${type}.json)`,
  ].join('\n\n');
}

/** All events on one page, service by service, each with its fields and its example. */
export function eventReference(): Pages {
  const services = [...new Set(documentedEvents.map((event) => event.service))];
  const parts = services.flatMap((service) => [
    `## ${service}`,
    ...documentedEvents.filter((event) => event.service === service).map(section),
  ]);
  const head =
    '# Events\n\nThe data of every event, by the service that writes it. Sealed fields are stored encrypted with the ' +
    "member's own key. The attributes that every event carries are in [asyncapi.yaml](asyncapi.yaml).";
  return new Map([['events.md', `${[head, ...parts].join('\n\n')}\n`]]);
}
