import { mappingSchema } from '@loyalty/purchases';
import { programDocument } from '@loyalty/tiers';
import { z } from 'zod';
import type { Pages } from '../generate.ts';
import { commentsByPath } from './comments-by-path.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
}

interface Row {
  readonly path: string;
  readonly takes: string;
  readonly required: boolean;
  readonly initial: unknown;
}

const variants = (schema: Schema): readonly Schema[] => schema.anyOf?.flatMap(variants) ?? [schema];

function takes(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(takes))].join(' or ');
  if (schema.type === 'array') return `list of ${takes(schema.items ?? {})}`;
  if (schema.type === 'object') return schema.properties ? 'keys' : 'values by name';
  const types = [schema.type ?? 'any'].flat();
  return types.map((type) => (type === 'string' ? 'text' : type)).join(' or ');
}

/** Every key of a document, depth first, as `tiers.ladder[].from`. */
function rowsOf(schema: Schema, path = ''): Row[] {
  return variants(schema).flatMap((variant) => {
    if (variant.type === 'array') return rowsOf(variant.items ?? {}, `${path}[]`);
    return Object.entries(variant.properties ?? {}).flatMap(([name, property]) => {
      const to = path === '' ? name : `${path}.${name}`;
      const required = variant.required?.includes(name) ?? false;
      return [{ path: to, takes: takes(property), required, initial: property.default }, ...rowsOf(property, to)];
    });
  });
}

interface Language {
  readonly name: string;
  readonly title: string;
  readonly intro: string;
  readonly schema: z.ZodType;
  readonly source: string;
  readonly constant: string;
}

const languages: readonly Language[] = [
  {
    name: 'program',
    title: 'The program language',
    intro:
      'The keys of a loyalty program file (YAML). How to write one: [write a program](../how-to/write-a-program.md).',
    schema: programDocument,
    source: 'libs/domain/tiers/src/program/program-document.ts',
    constant: 'programDocument',
  },
  {
    name: 'mapping',
    title: 'Mapping files',
    intro: 'The keys of a mapping file (YAML). How to use one: [import a file](../how-to/import-a-file.md).',
    schema: mappingSchema,
    source: 'libs/domain/purchases/src/import/mapping.ts',
    constant: 'mappingSchema',
  },
];

function page({ name, title, intro, source, constant }: Language, schema: Schema): string {
  const comments = commentsByPath(new URL(`../../${source}`, import.meta.url).pathname, constant);
  const rows = rowsOf(schema).map(({ path, takes: what, required, initial }) => {
    const state = required ? 'required' : initial === undefined ? 'optional' : `\`${JSON.stringify(initial)}\``;
    const comment = comments.get(path.replaceAll('[]', '')) ?? '';
    return `| \`${path}\` | ${what} | ${state} | ${comment.replaceAll('|', '\\|')} |`;
  });
  return [
    `# ${title}`,
    `${intro} As [JSON Schema](schemas/${name}.json).`,
    ['| key | takes | default | meaning |', '|---|---|---|---|', ...rows].join('\n'),
    '',
  ].join('\n\n');
}

/** The keys of the files that people write, and their JSON Schemas for editors. */
export function languageReference(): Pages {
  return new Map(
    languages.flatMap((language) => {
      const schema = z.toJSONSchema(language.schema, { io: 'input' });
      return [
        [`${language.name}.md`, page(language, schema as Schema)],
        [`schemas/${language.name}.json`, `${JSON.stringify({ title: language.title, ...schema }, null, 2)}\n`],
      ] as const;
    }),
  );
}
