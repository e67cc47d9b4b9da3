import { serve } from '@loyalty/service';
import { TITLE } from './open-ledger.ts';
import { parts } from './parts.ts';

/** `loyalty start`: everything in one process. */
export async function startAll(): Promise<void> {
  const { url, firstKey } = await serve(TITLE, parts);
  const lines = [
    '',
    `Loyalty Ledger is running.`,
    `  API and how to call it   ${url}/docs`,
    `  health                   ${url}/health/ready`,
  ];
  if (firstKey !== undefined) lines.push(`  API key, shown once      ${firstKey}`);
  else lines.push(`  API key                  the one shown at the first start, or: npx loyalty key create <name>`);
  process.stdout.write(`${lines.join('\n')}\nready ${url}\n`);
}
