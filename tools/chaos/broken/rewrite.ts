import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Loads a built file of the platform with another text. For the harness's own tests: what it would not notice in broken code, it proves of
 * none. The code itself has no way of being broken.
 * @param file below `libs/platform/`
 * @param changes what is replaced by what; each must be found exactly once
 * @throws {Error} where it is not: the code has changed, and this no longer breaks it
 */
export function rewrite(file: string, changes: readonly (readonly [from: string, to: string])[]): void {
  const wanted = new URL(`../../../libs/platform/${file}`, import.meta.url).href;
  const text = changes.reduce(
    (before, [from, to]) => {
      const parts = before.split(from);
      if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
      return parts.join(to);
    },
    readFileSync(fileURLToPath(wanted), 'utf8'),
  );
  registerHooks({
    load: (url, context, next) =>
      url === wanted ? { format: 'module', source: text, shortCircuit: true } : next(url, context),
  });
}
