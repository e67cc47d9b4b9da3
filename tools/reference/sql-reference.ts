import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, startEmbedded } from '@loyalty/database';
import type { Pool } from 'pg';
import type { Pages } from '../generate.ts';
import { relationsOf, schemasOf, type Relation } from './catalog.ts';

const cell = (text: string | null): string => (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string | null): string => (text === null ? '' : `\`${cell(text)}\``);
const list = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`${title}:`, items.map((item) => `- \`${item}\``).join('\n')];

function section(relation: Relation): string {
  const rows = relation.columns.map(
    ({ name, type, required, initial, comment }) =>
      `| \`${name}\` | ${cell(type)} | ${required ? '' : 'null'} | ${code(initial)} | ${cell(comment)} |`,
  );
  return [
    `## ${relation.kind} \`${relation.name}\``,
    ...(relation.comment === null ? [] : [relation.comment]),
    ['| column | type | | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n'),
    ...(relation.partitioning === null ? [] : [`Partitioned by \`${relation.partitioning}\`.`]),
    ...list('Constraints', relation.constraints),
    ...list('Indexes', relation.indexes),
    ...list('Triggers', relation.triggers),
  ].join('\n\n');
}

/** One page a schema, read from a fresh database after `install` ran. */
export async function sqlReference(install: (pool: Pool) => Promise<void>): Promise<Pages> {
  const dir = await mkdtemp(join(tmpdir(), 'loyalty-reference-'));
  const server = await startEmbedded({ dir, test: true, disposable: true });
  const pool = createPool({ url: server.url });
  try {
    await install(pool);
    const pages = new Map<string, string>();
    for (const schema of await schemasOf(pool)) {
      const relations = await relationsOf(pool, schema);
      pages.set(`sql/${schema}.md`, `${[`# Schema \`${schema}\``, ...relations.map(section)].join('\n\n')}\n`);
    }
    return pages;
  } finally {
    await pool.end();
    await server.stop();
  }
}
