import { loyaltyJson } from '../command-line.ts';

interface Verified {
  readonly error?: string;
  readonly checks?: readonly { readonly name: string; readonly ok: boolean; readonly problems: readonly string[] }[];
}

/** Everything that `loyalty verify` proves: chains, conservation, read models against logs, one service's log against another's. */
export async function verified(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const { code, result } = await loyaltyJson<Verified>(['verify'], variables);
  const failed = (result.checks ?? []).filter(({ ok }) => !ok);
  if (code === 0 && failed.length === 0) return [];
  if (failed.length === 0) return [`verify: ${result.error ?? `exit code ${code}`}`];
  return failed.map(({ name, problems }) => `verify: ${name}: ${problems.slice(0, 5).join('; ')}`);
}
