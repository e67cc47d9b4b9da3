import { Readiness, serve } from '@loyalty/service';
import { firstData } from './demo/first-data.ts';
import { TITLE } from './open-ledger.ts';
import { parts } from './parts.ts';
import { withoutPassword } from './without-password.ts';

/** `loyalty start`: everything in one process, with demonstration data where there is nothing yet. Last it says where to look. */
export async function startAll(): Promise<void> {
  const { runtime, environment, url } = await serve(TITLE, parts);
  const example = await firstData(runtime, environment).catch((error: unknown) => {
    // Stopped while it was loading: the next start goes on.
    if (runtime.app.get(Readiness).stopping) return undefined;
    throw error;
  });
  if (runtime.app.get(Readiness).stopping) return;
  // Made when it is shown: a start that fails or is stopped before that would leave a key nobody knows.
  const firstKey = await runtime.keys.createFirst('first', environment.FIRST_API_KEY);
  const member = example ?? 'M-1';
  const ask = (path: string): string => `  curl -H 'Authorization: Bearer ${firstKey ?? '<key>'}' '${url}${path}'`;
  const lines = [
    '',
    'Loyalty Ledger is running. Stop it with Ctrl-C.',
    '',
    `  API           ${url}/docs  (a browser asks for a name: any, and a password: the key)`,
    `  health        ${url}/health/ready`,
    `  database      ${withoutPassword(runtime.database.url)}  (views for analysts in the schema analytics)`,
    firstKey === undefined
      ? `  API key       the one of the first start, or another: npx loyalty key create <name>`
      : `  API key       ${firstKey}  (shown this once)`,
    '',
    'Ask it:',
    ask(`/v1/members/${member}/balance`),
    ask(`/v1/members/${member}/entries`),
    ask(`/v1/cases?status=open`),
    ask(`/v1/analytics/daily-sales`),
    '',
    'Your own file:  npx loyalty import <file>   (npx loyalty --help tells the rest)',
  ];
  process.stdout.write(`${lines.join('\n')}\nready ${url}\n`);
}
