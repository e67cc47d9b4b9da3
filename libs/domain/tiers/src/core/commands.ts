import type { LineMatch } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';
import type { Basis } from './basis.ts';

/** What reaches a member: facts from the purchases' log, and an opening tier from a client. */
export type TiersInput =
  | {
      readonly kind: 'purchase';
      readonly source: string;
      readonly id: string;
      readonly at: EpochMs;
      readonly basis: Basis;
    }
  | {
      readonly kind: 'return';
      readonly source: string;
      readonly id: string;
      readonly at: EpochMs;
      readonly named: string | undefined;
      readonly mixed: boolean;
      readonly matches: readonly LineMatch[];
    }
  /** The matching of a known return, whole and new; `by` is the fact that changed it. */
  | { readonly kind: 'amended'; readonly source: string; readonly id: string; readonly matches: readonly LineMatch[] }
  | { readonly kind: 'void'; readonly source: string; readonly id: string }
  /** Programs were published: say what is different now. */
  | { readonly kind: 'rerate' }
  | OpenTier;

export interface OpenTier {
  readonly kind: 'openTier';
  readonly program: string;
  readonly tier: string;
  readonly since: EpochMs;
  readonly keepUntil: EpochMs;
  readonly reference: string;
}

/** Commands are told what was recorded; facts from other logs need no answer. */
export type TiersAnswer = {
  readonly program: string;
  readonly tier: string;
  readonly since: string;
  readonly keepUntil: string;
} | null;
