import type { Rejection } from './rejection.ts';

/** What an import did so far. Rows for CSV, documents for NDJSON; `read` = accepted + duplicate + rejected, always. */
export interface ImportCounts {
  readonly read: number;
  readonly accepted: number;
  /** Recorded before, with the same content. */
  readonly duplicate: number;
  readonly rejected: number;
  /** Documents newly recorded that bought something, and how many of them have a member. */
  readonly purchases: number;
  readonly purchasesWithMember: number;
  /** Documents newly recorded that brought something back. */
  readonly returns: number;
  readonly returnsWithMember: number;
}

/** Rejections kept for the result; all are counted and told to `onRejection`. */
const KEPT = 10_000;

/** Counts what became of a file's rows. A row counts as read when its fate is known, so that the sums always hold. */
export class Tally {
  accepted = 0;
  duplicate = 0;
  rejected = 0;
  purchases = 0;
  purchasesWithMember = 0;
  returns = 0;
  returnsWithMember = 0;
  private readonly kept: Rejection[] = [];
  private readonly onRejection: ((rejection: Rejection) => void) | undefined;

  constructor(onRejection?: (rejection: Rejection) => void) {
    this.onRejection = onRejection;
  }

  reject(rejection: Rejection): void {
    this.rejected++;
    if (this.kept.length < KEPT) this.kept.push(rejection);
    this.onRejection?.(rejection);
  }

  counts(): ImportCounts {
    const { accepted, duplicate, rejected, purchases, purchasesWithMember, returns, returnsWithMember } = this;
    const read = accepted + duplicate + rejected;
    return { read, accepted, duplicate, rejected, purchases, purchasesWithMember, returns, returnsWithMember };
  }

  /** By line. */
  rejections(): Rejection[] {
    return [...this.kept].sort((a, b) => a.line - b.line);
  }
}
