import type { EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';

/** A proof that anyone with read access can run: `npx loyalty verify` runs every domain's. */
export interface Check {
  readonly name: string;
  /** @param at the instant at which functions of time are asked. */
  run(pool: Pool, at: EpochMs): Promise<CheckResult>;
}

export interface CheckResult {
  readonly ok: boolean;
  /** How many things (members, events …) were looked at. */
  readonly checked: number;
  /** Sentences for people, at most 20. */
  readonly problems: readonly string[];
}
