import { Environment, environmentVariables } from '@loyalty/service';
import type { Pages } from '../generate.ts';

/** Every environment variable with what it takes and what it is when not set. */
export function environmentReference(): Pages {
  const initial = new Environment() as unknown as Readonly<Record<string, unknown>>;
  const rows = environmentVariables().map(({ name, meaning, allowed, secret }) => {
    const value = initial[name];
    return `| \`${name}\` | ${meaning}${secret ? ' (never logged)' : ''} | ${allowed} | ${value === undefined ? '' : `\`${String(value)}\``} |`;
  });
  return new Map([
    [
      'environment.md',
      [
        '# Environment variables',
        '',
        'All are checked at start; a wrong value stops the start with a line that names it.',
        '',
        '| variable | meaning | takes | default |',
        '|---|---|---|---|',
        ...rows,
        '',
      ].join('\n'),
    ],
  ]);
}
