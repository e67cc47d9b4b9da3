import { setTimeout } from 'node:timers/promises';
import type { ListedOutcome, Work, Writer } from '@loyalty/event-store';
import { ImportStoppedError } from '@loyalty/purchases';
import { FileFaultError, fileSize, problemOf, readTable, type TableColumns, type TableRow } from '@loyalty/service';
import type { FileImportOptions, ImportReport } from './file-import.ts';
import { OpeningTally } from './opening-tally.ts';
import { reading, type RowProblem } from './opening-rows.ts';

export interface OpeningsOptions<Input, Required extends string, Optional extends string> extends FileImportOptions {
  readonly columns: TableColumns<Required, Optional>;
  readonly writer: Pick<Writer<Input, unknown>, 'executeMany'>;
  /** Makes a row into work. Throws RowError. */
  readonly toWork: (values: Record<Required, string> & Partial<Record<Optional, string>>) => Work<Input>;
}

/** A full queue empties in milliseconds, a database comes back in seconds. */
const PAUSE_MS = { first: 50, most: 2_000 };

/**
 * Imports a table of what an earlier system knew, row by row, each with its reference as its key: a file may be sent again.
 * A fault of the file is in the report; what came before it is recorded.
 */
export async function importOpenings<Input, Required extends string, Optional extends string>(
  options: OpeningsOptions<Input, Required, Optional>,
): Promise<ImportReport> {
  const { file, columns, writer, toWork, onBytes, onRejection } = options;
  const tally = new OpeningTally(onRejection);
  const total = await fileSize(file);
  try {
    for await (const rows of readTable(file, columns, { onBytes: (read) => onBytes(read, total) })) {
      const works: Work<Input>[] = [];
      const lines: number[] = [];
      for (const row of rows) {
        const made = workOf(row, toWork);
        if ('code' in made) tally.reject({ line: row.line, ...made });
        else {
          works.push(made);
          lines.push(row.line);
        }
      }
      const outcomes = await executePatiently(writer, works, options.patience_ms);
      outcomes.forEach((outcome, i) => count(tally, outcome, lines[i] as number));
    }
  } catch (error) {
    if (!(error instanceof FileFaultError || error instanceof ImportStoppedError)) throw error;
    return tally.report({ code: error.code, message: error.message });
  }
  return tally.report();
}

function workOf<Input, Required extends string, Optional extends string>(
  row: TableRow<Required, Optional>,
  toWork: OpeningsOptions<Input, Required, Optional>['toWork'],
): Work<Input> | RowProblem {
  return row.fault ? { code: row.fault.code, reason: row.fault.message } : reading(() => toWork(row.values));
}

/** A file has time: it waits for a queue that is full, and for a database that is away. */
async function executePatiently<Input>(
  writer: Pick<Writer<Input, unknown>, 'executeMany'>,
  works: readonly Work<Input>[],
  patience_ms: number,
): Promise<ListedOutcome<unknown>[]> {
  const outcomes: ListedOutcome<unknown>[] = [];
  let open = works.map((_, i) => i);
  let lastAnswer = performance.now();
  for (let pause = PAUSE_MS.first; ; pause = Math.min(pause * 2, PAUSE_MS.most)) {
    const answers = await executeOnce(
      writer,
      open.map((i) => works[i] as Work<Input>),
    );
    open.forEach((i, n) => (outcomes[i] = answers[n] as ListedOutcome<unknown>));
    const again = open.filter((i) => passes(outcomes[i]));
    if (again.length === 0) return outcomes;
    if (again.length < open.length) lastAnswer = performance.now();
    const waited_ms = performance.now() - lastAnswer;
    if (waited_ms > patience_ms) throw stopped(outcomes[again[0] as number], waited_ms);
    open = again;
    await setTimeout(pause);
  }
}

async function executeOnce<Input>(
  writer: Pick<Writer<Input, unknown>, 'executeMany'>,
  works: readonly Work<Input>[],
): Promise<ListedOutcome<unknown>[]> {
  try {
    return await writer.executeMany(works);
  } catch (error) {
    return works.map(() => ({ kind: 'failed', error: error as Error }));
  }
}

function passes(outcome: ListedOutcome<unknown> | undefined): boolean {
  return outcome?.kind === 'failed' && problemOf(outcome.error).problem.status === 503;
}

function stopped(outcome: ListedOutcome<unknown> | undefined, waited_ms: number): ImportStoppedError {
  return new ImportStoppedError(outcome?.kind === 'failed' ? outcome.error : undefined, waited_ms);
}

function count(tally: OpeningTally, outcome: ListedOutcome<unknown>, line: number): void {
  switch (outcome.kind) {
    case 'accepted':
      if (outcome.replayed) tally.repeat();
      else tally.accept();
      return;
    case 'refused':
      tally.reject({ line, code: outcome.refusal.code, reason: outcome.refusal.message });
      return;
    case 'conflict':
      tally.reject({ line, code: 'key_reused', reason: 'Its reference was used before with other values.' });
      return;
    case 'failed':
      tally.reject({ line, code: 'internal_error', reason: outcome.error.message });
  }
}
