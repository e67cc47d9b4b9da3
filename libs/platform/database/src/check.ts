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
  /** What is no defect and yet to be told. */
  readonly note?: string;
}

/** A proof over each event by itself, run while the log's hash chain is walked: the log is read once for both. */
export interface EventCheck {
  readonly name: string;
  /** URL of the module that exports it: threads load it from there. It must import types only. */
  readonly module: string;
  /**
   * What is wrong with the event, for people; undefined: nothing.
   * @param bytes hold its payload's UTF-8 from `from` to `to`, until this returns
   */
  look(bytes: Buffer, from: number, to: number): string | undefined;
}
