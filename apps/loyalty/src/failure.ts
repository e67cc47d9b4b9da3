import { UsageError } from './command.ts';

/** By name, because the classes live in libraries that a command loads only when it runs. */
const OF_USAGE = new Set(['UsageError', 'EnvironmentError', 'MappingError']);
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError || (error instanceof Error && OF_USAGE.has(error.name)) ? 2 : 1;
}

/** What people are told. The stack helps only those who can change the code: LOG_LEVEL=debug shows it. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const debug = process.env['LOG_LEVEL'] === 'debug' || process.env['LOG_LEVEL'] === 'trace';
  if (debug) return error.stack ?? error.message;
  return UNREACHABLE.has((error as NodeJS.ErrnoException).code ?? '')
    ? `PostgreSQL does not answer (${error.message}). Start it, or set DATABASE_URL right; then run the same command again.`
    : error.message;
}
