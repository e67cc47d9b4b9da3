import { posix } from 'node:path';
import type { SourceFile } from './source-files.ts';

const mention = /['"`\s](\.{0,2}\/?[\w./-]+\.(?:ts|mjs|js))(?=['"`\s])/g;
const isCode = (path: string): boolean => /\.(ts|mjs)$/.test(path) && !path.endsWith('.d.ts');

/** What a file names: imports, workers, scripts. `dist/x.js` stands for the source it is built from. */
function mentions({ path, text }: SourceFile): string[] {
  return [...text.replaceAll('<rootDir>/', './').matchAll(mention)].flatMap(([, name = '']) => {
    const target = posix.join(posix.dirname(path), name);
    const source = target.replace(/(^|\/)dist\//, '$1src/').replace(/\.js$/, '.ts');
    // Scripts of package.json and Dockerfiles name files from the root.
    return path.startsWith('deploy/')
      ? [target, source, name, name.replace('/dist/', '/src/').replace(/\.js$/, '.ts')]
      : [target, source];
  });
}

/**
 * Code files that nothing leads to. Ways in: what a package exports or runs, the configuration at the root, deploy/ and the
 * specs; but a spec does not keep alive the file that it alone tests.
 */
export function unreachedFiles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const isWayIn = ({ path }: SourceFile): boolean =>
    path.endsWith('.spec.ts') ||
    path.endsWith('package.json') ||
    path.startsWith('deploy/') ||
    path.startsWith('.ci/') ||
    (!path.includes('/') && path.endsWith('.mjs'));
  const waiting = files.filter(isWayIn);
  const reached = new Set(waiting.map((file) => file.path));
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    for (const path of mentions(file)) {
      const next = byPath.get(path);
      const ownSubject = file.path.replace(/(\.int|\.e2e)?\.spec\.ts$/, '.ts') === path;
      if (!next || ownSubject || reached.has(path)) continue;
      reached.add(path);
      waiting.push(next);
    }
  }
  return files.map((file) => file.path).filter((path) => isCode(path) && !reached.has(path));
}
