import { setTimeout as sleep } from 'node:timers/promises';
import { isReturnLine, type Document } from '../core/document.ts';
import type { Problem } from '../core/problem.ts';
import { KEY_REUSED } from '../document-answer.ts';
import { passes } from '../passes.ts';
import type { DocumentOutcome } from '../record-documents.ts';
import type { FileDocument } from './read-documents.ts';
import { rejectionsOf } from './rejection.ts';
import type { Tally } from './tally.ts';

export interface RecorderOptions {
  readonly record: (documents: readonly Document[]) => Promise<readonly DocumentOutcome[]>;
  readonly tally: Tally;
  /** Batches under way at once. @default 4 */
  readonly inFlight?: number;
  /** How long an import waits for a database that does not answer. */
  readonly patience_ms: number;
  /** After every batch. */
  readonly onSettled?: () => void;
}

/** The ledger did not answer for as long as an import waits. What was recorded stays; the rest is recorded by the next run. */
export class ImportStoppedError extends Error {
  override readonly name = 'ImportStoppedError';
  readonly code = 'import_stopped';
  constructor(cause: unknown, waited_ms: number) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      `The ledger has not answered for ${Math.round(waited_ms / 1000)} s (${why}). Run the same command again when it does: the import ` +
        'resumes, what is recorded counts as duplicate. With more --patience it waits longer.',
      { cause },
    );
  }
}

/** In a batch: enough to fill a commit, little enough for memory. */
const BATCH = { documents: 500, lines: 4_000 };
/** Returns that wait for the purchase they name to come later in the file. */
const MOST_EARLY = 10_000;
const PAUSE_MS = { first: 50, most: 2_000 };

interface EarlyReturn {
  readonly document: FileDocument;
  readonly problem: Problem;
}

/** Sends documents to the ledger in batches, several at once, and counts what becomes of them. */
export class Recorder {
  private readonly options: RecorderOptions;
  private readonly underWay = new Set<Promise<void>>();
  private batch: FileDocument[] = [];
  private lines = 0;
  private early: EarlyReturn[] = [];
  private failure: { readonly error: unknown } | undefined;
  private lastAnswer = performance.now();

  constructor(options: RecorderOptions) {
    this.options = options;
  }

  /** Takes a document; waits while enough is under way. Rejects with ImportStoppedError, or with what cannot be helped. */
  async add(document: FileDocument): Promise<void> {
    this.batch.push(document);
    this.lines += document.document.lines.length;
    if (this.batch.length >= BATCH.documents || this.lines >= BATCH.lines) await this.send();
  }

  /** Waits until all is recorded, the returns last that came before the purchase they name. */
  async finish(): Promise<void> {
    for (let before = Number.POSITIVE_INFINITY; ;) {
      await this.send();
      await Promise.all(this.underWay);
      this.stopIfFailed();
      const { early } = this;
      if (early.length === 0) return;
      this.early = [];
      if (early.length >= before) {
        for (const { document, problem } of early) this.reject(document, problem);
        return;
      }
      before = early.length;
      for (const { document } of early) await this.add(document);
    }
  }

  /** After a fault in the file: what is under way is waited for, so that the counts are true. */
  async abandon(): Promise<void> {
    this.batch = [];
    await Promise.all(this.underWay);
  }

  private async send(): Promise<void> {
    if (this.batch.length === 0) return;
    while (this.underWay.size >= (this.options.inFlight ?? 4)) await Promise.race(this.underWay);
    this.stopIfFailed();
    const { batch } = this;
    this.batch = [];
    this.lines = 0;
    const sent: Promise<void> = this.recordAll(batch)
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }

  private stopIfFailed(): void {
    if (this.failure) throw this.failure.error;
  }

  private async recordAll(batch: readonly FileDocument[]): Promise<void> {
    let open = batch;
    const sent = performance.now();
    for (let pause = PAUSE_MS.first; ; pause = Math.min(pause * 2, PAUSE_MS.most)) {
      const { again, error } = await this.attempt(open);
      this.options.onSettled?.();
      if (again.length === 0) return;
      // A file that comes slowly has not been waiting meanwhile.
      const waited_ms = performance.now() - Math.max(this.lastAnswer, sent);
      if (waited_ms > this.options.patience_ms) throw new ImportStoppedError(error, waited_ms);
      open = again;
      await sleep(pause);
    }
  }

  /** Gives the documents that must be sent again because the ledger did not answer. */
  private async attempt(batch: readonly FileDocument[]): Promise<{ again: readonly FileDocument[]; error?: unknown }> {
    let outcomes: readonly DocumentOutcome[];
    try {
      outcomes = await this.options.record(batch.map(({ document }) => document));
    } catch (error) {
      if (!passes(error)) throw error;
      return { again: batch, error };
    }
    const again: FileDocument[] = [];
    let fault: unknown;
    batch.forEach((document, i) => {
      const outcome = outcomes[i] as DocumentOutcome;
      if (outcome.kind === 'failed' && passes(outcome.error)) {
        again.push(document);
        fault = outcome.error;
      } else this.settle(document, outcome);
    });
    if (again.length < batch.length) this.lastAnswer = performance.now();
    return { again, error: fault };
  }

  private settle(document: FileDocument, outcome: DocumentOutcome): void {
    switch (outcome.kind) {
      case 'accepted':
        return outcome.replayed ? void (this.options.tally.duplicate += document.rows.length) : this.accept(document);
      case 'refused': {
        const { code, message, pointer = '' } = outcome.refusal;
        const problem = { code, message, pointer };
        if (code === 'unknown_purchase' && this.early.length < MOST_EARLY)
          return void this.early.push({ document, problem });
        return this.reject(document, problem);
      }
      case 'conflict':
        return this.reject(document, { pointer: '', ...KEY_REUSED });
      case 'failed':
        return this.reject(document, { pointer: '', code: 'internal_error', message: outcome.error.message });
    }
  }

  private accept({ document, rows }: FileDocument): void {
    const { tally } = this.options;
    const member = document.member === undefined ? 0 : 1;
    tally.accepted += rows.length;
    if (document.lines.some(isReturnLine)) {
      tally.returns++;
      tally.returnsWithMember += member;
    }
    if (!document.lines.every(isReturnLine)) {
      tally.purchases++;
      tally.purchasesWithMember += member;
    }
  }

  private reject({ rows }: FileDocument, problem: Problem): void {
    for (const each of rejectionsOf(rows, [problem])) this.options.tally.reject(each);
  }
}
