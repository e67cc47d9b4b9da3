import type { ImportReport, Rejection } from './file-import.ts';

/** Kept for the report; all are counted and told. */
const KEPT = 10_000;

/** Counts what became of the rows of a table of openings. */
export class OpeningTally {
  private accepted = 0;
  private duplicate = 0;
  private rejected = 0;
  private readonly kept: Rejection[] = [];
  private readonly told: (rejection: Rejection) => void;

  constructor(told: (rejection: Rejection) => void) {
    this.told = told;
  }

  accept(): void {
    this.accepted++;
  }

  repeat(): void {
    this.duplicate++;
  }

  reject(rejection: Rejection): void {
    this.rejected++;
    if (this.kept.length < KEPT) this.kept.push(rejection);
    this.told(rejection);
  }

  report(fault?: ImportReport['fault']): ImportReport {
    const { accepted, duplicate, rejected } = this;
    const read = accepted + duplicate + rejected;
    const rejections = this.kept.sort((a, b) => a.line - b.line);
    return { read, accepted, duplicate, rejected, purchases: 0, returns: 0, rejections, ...(fault && { fault }) };
  }
}
