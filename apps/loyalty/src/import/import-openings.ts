import { setTimeout } from 'node:timers/promises';
import type { ListedOutcome, Work, Writer } from '@loyalty/event-store';
import { FileFaultError, fileSize, readTable, type TableColumns, type TableRow } from '@loyalty/service';
import type { FileImportOptions, ImportReport } from './file-import.ts';
import { OpeningTally } from './opening-tally.ts';
import { reading, type RowProblem } from './opening-rows.ts';

export interface OpeningsOptions<Input, Required extends string, Optional extends string> extends FileImportOptions {
  readonly columns: TableColumns<Required, Optional>;
  readonly writer: Pick<Writer<Input, unknown>, 'executeMany'>;
  /** Makes a row into work. Throws RowError. */
  readonly toWork: (values: Record<Required, string> & Partial<Record<Optional, string>>) => Work<Input>;
}

/** A full queue empties in milliseconds. */
const FULL_MS = 50;

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
      const outcomes = await executePatiently(writer, works);
      outcomes.forEach((outcome, i) => count(tally, outcome, lines[i] as number));
    }
  } catch (error) {
    if (!(error instanceof FileFaultError)) throw error;
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

/** A file has time: it waits for a queue that is full. */
async function executePatiently<Input>(
  writer: Pick<Writer<Input, unknown>, 'executeMany'>,
  works: readonly Work<Input>[],
): Promise<ListedOutcome<unknown>[]> {
  for (;;) {
    try {
      return await writer.executeMany(works);
    } catch (error) {
      if ((error as Error).name !== 'QueueFullError') throw error;
      await setTimeout(FULL_MS);
    }
  }
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
      throw outcome.error;
  }
}
