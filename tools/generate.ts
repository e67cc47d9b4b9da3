/**
 * Writes `docs/reference/`: everything there is made from the code and nothing there is written by hand.
 * With `--check` it writes nothing and fails where a file differs, is missing or is no longer made.
 */
import 'reflect-metadata';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { commands, parts, TITLE } from '@loyalty/app';
import { asyncapi } from './reference/asyncapi.ts';
import { cliReference } from './reference/cli-reference.ts';
import { environmentReference } from './reference/environment-reference.ts';
import { eventReference } from './reference/event-reference.ts';
import { jsonSchemas } from './reference/json-schemas.ts';
import { languageReference } from './reference/language-reference.ts';
import { openapi } from './reference/openapi.ts';
import { referenceIndex } from './reference/reference-index.ts';
import { withRunningSystem } from './reference/running-system.ts';
import { sqlReference } from './reference/sql-reference.ts';

/** Path below `docs/reference/` and content. */
export type Pages = ReadonlyMap<string, string>;

const folder = new URL('../docs/reference/', import.meta.url).pathname;

async function generate(): Promise<Map<string, string>> {
  const fromSystem = await withRunningSystem(TITLE, parts, async ({ app, database }) => [
    ...(await openapi(app, TITLE)),
    ...(await sqlReference(database.pool)),
  ]);
  const pages = new Map([
    ...jsonSchemas(),
    ...asyncapi(),
    ...eventReference(),
    ...environmentReference(),
    ...cliReference(commands),
    ...languageReference(),
    ...fromSystem,
  ]);
  pages.set('README.md', referenceIndex([...pages.keys()]));
  return pages;
}

async function present(): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [relative(folder, file), await readFile(file, 'utf8')] as const)),
  );
}

const [wanted, found] = await Promise.all([generate(), present()]);
const stale = [...wanted].filter(([path, content]) => found.get(path) !== content).map(([path]) => path);
const left = [...found.keys()].filter((path) => !wanted.has(path));

if (process.argv.includes('--check')) {
  for (const path of stale) process.stderr.write(`docs/reference/${path} is not what the code says\n`);
  for (const path of left) process.stderr.write(`docs/reference/${path} is made by nothing any more\n`);
  if (stale.length + left.length > 0) {
    process.stderr.write('Run `npm run generate` and commit the result.\n');
    process.exitCode = 1;
  } else {
    process.stdout.write(`${wanted.size} generated files are current\n`);
  }
} else {
  for (const path of stale) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), wanted.get(path) ?? '');
  }
  for (const path of left) await rm(join(folder, path));
  process.stdout.write(`${stale.length} written, ${left.length} removed, ${wanted.size} in all\n`);
}
