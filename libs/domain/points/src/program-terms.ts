import type { ProgramPublished, TermsLearned } from '@loyalty/contracts';
import { parse } from 'yaml';
import { type SpendingPart, spendingTerms } from './spending-terms.ts';

interface Program {
  readonly timeZone?: string;
  readonly points?: { readonly expiry?: unknown };
  readonly redemption?: { readonly minimum?: number; readonly reservationTtl?: string; readonly undoExpired?: string };
}

/** What the ledger needs of a published program file. The tier engine has validated the file. */
export function termsOf({ program, version, effectiveFrom, document }: ProgramPublished): TermsLearned {
  const file = parse(document) as Program & SpendingPart;
  const expiry = expiryOf(file.points?.expiry);
  const { minimum, reservationTtl, undoExpired } = file.redemption ?? {};
  return {
    program,
    version,
    effectiveFrom,
    timeZone: file.timeZone ?? 'UTC',
    ...(expiry !== undefined && { expiry }),
    ...(minimum !== undefined && { minimumRedemption: minimum }),
    ...(reservationTtl !== undefined && { reservationTtl }),
    ...(undoExpired !== undefined && { undoExpired }),
    ...spendingTerms(file, file.timeZone ?? 'UTC'),
  };
}

function expiryOf(rule: unknown): TermsLearned['expiry'] {
  if (rule === undefined || rule === 'never') return null;
  const { after, alignTo, yearly, grace = 'P0D', inactivity } = rule as Record<string, string | undefined>;
  if (inactivity !== undefined) return { inactivity };
  if (yearly !== undefined) return { yearly, grace };
  if (after === undefined) return undefined;
  // In a program file it may be null.
  return typeof alignTo === 'string' ? { after, alignTo } : { after };
}
