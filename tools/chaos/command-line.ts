import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../apps/loyalty/bin/loyalty.mjs', import.meta.url));

/** Runs a command of `loyalty` as an operator does, and gives what it says with --json. @throws {Error} where that is no JSON */
export async function loyaltyJson<T>(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<{ code: number | null; result: T }> {
  const env = { PATH: process.env['PATH'], LOG_FORMAT: 'json', LOG_LEVEL: 'error', ...variables };
  const child = spawn(process.execPath, [BIN, ...args, '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  try {
    return { code, result: JSON.parse(out.stdout) as T };
  } catch {
    throw new Error(`loyalty ${args.join(' ')} ended with ${code}: ${out.stdout}${out.stderr}`);
  }
}

/** SHA-256 of what the ledger means at an instant. */
export async function checksumAt(instant: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const { code, result } = await loyaltyJson<{ checksum?: string; error?: string }>(
    ['checksum', '--at', instant],
    variables,
  );
  if (code !== 0 || result.checksum === undefined) throw new Error(`no checksum: ${result.error}`);
  return result.checksum;
}
