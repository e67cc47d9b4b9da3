import { readdirSync, readFileSync } from 'node:fs';

const above = /((?:^[ \t]*--[^\n]*\n)+)[ \t]*(?:CREATE TABLE \{schema\}\.(\w+)|(\w+)[ \t]+\w)/gm;
const table = /CREATE TABLE \{schema\}\.(\w+) \(\n([\s\S]*?)^\)/gm;

const sentence = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*--\s?/, ''))
    .join(' ')
    .trim();

/**
 * What migrations say in the `--` lines right above a table or a column, by `table` and `table.column`. Folders are read in order;
 * the first that speaks of a table wins.
 */
export function migrationComments(folders: readonly URL[]): Map<string, string> {
  const found = new Map<string, string>();
  const note = (name: string, comment: string): void => {
    if (!found.has(name)) found.set(name, sentence(comment));
  };
  for (const folder of folders) {
    for (const file of readdirSync(folder).toSorted()) {
      const text = readFileSync(new URL(file, folder), 'utf8');
      for (const [, comment = '', name] of text.matchAll(above)) if (name) note(name, comment);
      for (const [, name = '', body = ''] of text.matchAll(table)) {
        for (const [, comment = '', , column] of body.matchAll(above)) if (column) note(`${name}.${column}`, comment);
      }
    }
  }
  return found;
}
