import { problemOf } from '@loyalty/service';

/** What pg says of a connection that went away, without a code. */
const LOST = /Connection terminated|timeout exceeded when trying to connect/;

/** Trouble of the database or the network, or a full queue: it goes away, whatever the document. */
export function passes(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && /^(08|40|53|57|58)\w{3}$|^E[A-Z]+$/.test(code)) return true;
  return (
    problemOf(error).problem.status === 503 ||
    /^(StoreUnavailable|ClockBehind)Error$/.test((error as Error).name) ||
    LOST.test((error as Error).message)
  );
}
