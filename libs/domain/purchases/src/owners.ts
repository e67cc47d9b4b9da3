import { textArray } from '@loyalty/database';
import type { Pool } from 'pg';
import { documentKey } from './core/document.ts';
import { SCHEMA } from './purchases-schema.ts';

/** The namespace of the keys of a source's documents: a document's id is unique within its source only. */
export function documentNamespace(source: string): string {
  return `purchase:${source}`;
}

/** The subjects that recorded documents joined, by `documentKey`. Unknown and refused ones are left out. */
export async function findOwners(
  pool: Pool,
  documents: readonly { readonly source: string; readonly id: string }[],
): Promise<Map<string, string>> {
  if (documents.length === 0) return new Map();
  const { rows } = await pool.query<{ place: number; subject: string }>({
    name: `${SCHEMA}_owners`,
    text: `SELECT wanted.place::int, k.subject
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (namespace, key, place)
           JOIN ${SCHEMA}.keys AS k USING (namespace, key)
           WHERE NOT k.refused`,
    values: [
      textArray(documents.map(({ source }) => documentNamespace(source))),
      textArray(documents.map(({ id }) => id)),
    ],
  });
  return new Map(
    rows.map(({ place, subject }) => {
      const document = documents[place - 1] as (typeof documents)[number];
      return [documentKey(document.source, document.id), subject];
    }),
  );
}
