import { existsSync } from 'node:fs';
import type { Pool } from 'pg';
import type { Pages } from '../generate.ts';
import { functionsOf, relationsOf, schemasOf, type Relation, type SqlFunction } from './catalog.ts';
import { migrationComments } from './migration-comments.ts';

const cell = (text: string | null): string => (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string | null): string => (text === null ? '' : `\`${cell(text)}\``);
const list = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`${title}:`, items.map((item) => `- \`${item}\``).join('\n')];

function section(relation: Relation, comments: ReadonlyMap<string, string>): string {
  const comment = relation.comment ?? comments.get(relation.name);
  const rows = relation.columns.map(
    ({ name, type, required, initial, comment: own }) =>
      `| \`${name}\` | ${cell(type)} | ${required ? '' : 'null'} | ${code(initial)} | ` +
      `${cell(own ?? comments.get(`${relation.name}.${name}`) ?? null)} |`,
  );
  return [
    `## ${relation.kind} \`${relation.name}\``,
    ...(comment === undefined ? [] : [comment]),
    ['| column | type | | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n'),
    ...(relation.partitioning === null ? [] : [`Partitioned by \`${relation.partitioning}\`.`]),
    ...list('Constraints', relation.constraints),
    ...list('Indexes', relation.indexes),
    ...list('Triggers', relation.triggers),
  ].join('\n\n');
}

const functionRow = ({ signature, result, comment }: SqlFunction): string =>
  `| \`${cell(signature)}\` | ${cell(result)} | ${cell(comment)} |`;

function functionTable(functions: readonly SqlFunction[]): string[] {
  if (functions.length === 0) return [];
  return [
    '## functions',
    ['| function | gives | meaning |', '|---|---|---|', ...functions.map(functionRow)].join('\n'),
  ];
}

const libs = new URL('../../libs/', import.meta.url);

/** Where the tables of a schema are made: a service's own migrations and those of its log, or the platform's for API keys. */
const foldersOf = (schema: string): URL[] =>
  (schema === 'access' ? ['platform/service'] : [`domain/${schema}`, 'platform/event-store'])
    .map((project) => new URL(`${project}/migrations/`, libs))
    .filter((folder) => existsSync(folder));

/** One page a schema of a database in which everything is installed. */
export async function sqlReference(pool: Pool): Promise<Pages> {
  const pages = new Map<string, string>();
  for (const schema of await schemasOf(pool)) {
    const comments = migrationComments(foldersOf(schema));
    const sections = (await relationsOf(pool, schema)).map((relation) => section(relation, comments));
    const parts = [`# Schema \`${schema}\``, ...sections, ...functionTable(await functionsOf(pool, schema))];
    pages.set(`sql/${schema}.md`, `${parts.join('\n\n')}\n`);
  }
  return pages;
}
