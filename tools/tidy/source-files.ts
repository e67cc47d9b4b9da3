import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** A text file of the repository; its path is relative to the root and written with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
}

export const repository = new URL('../../', import.meta.url).pathname;

const folders = ['.', '.ci', 'apps', 'bench', 'deploy', 'docs', 'libs', 'programs', 'tools'];
const notOurs = new Set(['node_modules', 'dist', '.nx', '.loyalty', '.git', 'coverage']);
const binary = new Set(['.png', '.gz', '.ico', '.woff2', '.log', '.cpuprofile']);

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  return {
    path: relative(repository, path).split(sep).join('/'),
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
  };
}

function walk(folder: string, deep: boolean): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return deep && !notOurs.has(entry.name) ? walk(path, true) : [];
    return entry.isFile() && !binary.has(extname(entry.name)) ? [read(path)] : [];
  });
}

/** Every text file of the repository that people or generators write, sorted by path. */
export function sourceFiles(): SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(repository, folder)))
    .flatMap((folder) => walk(join(repository, folder), folder !== '.'))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
