import { access, constants, stat } from 'node:fs/promises';
import { caughtUp } from '../caught-up.ts';
import { UsageError, type CommandResult } from '../command.ts';
import { withLedger } from '../open-ledger.ts';
import { startProgress } from '../progress.ts';
import { openings } from './openings.ts';
import { purchasesImport } from './purchases-import.ts';
import type { FileImport, ImportReport } from './file-import.ts';
import { openRejections } from './rejections-file.ts';

export interface ImportArguments {
  readonly mapping: string | undefined;
  readonly preset: string | undefined;
  readonly rejections: string | undefined;
  /** How long to wait for a database that does not answer. */
  readonly patience_ms: number;
}

type ImportFault = NonNullable<ImportReport['fault']>;

/** Rejected rows that people are shown; `--json` and `--rejections` have them all. */
const SHOWN = 20;

/** Takes a file in, waits until all services have caught up, and counts. What became of the rows is told whatever happens after. */
export async function runImport(
  file: string,
  { mapping, preset, rejections, patience_ms }: ImportArguments,
): Promise<CommandResult> {
  await assertReadable(file);
  const opening = openings.get(preset ?? '');
  // A mistake in a mapping is told before a database is started for it.
  const fileImport: FileImport = opening ?? (await purchasesImport(mapping, preset));
  const list = await openRejections(rejections);
  const report = await withLedger(async ({ runtime }) => {
    const progress = startProgress('importing', 'bytes');
    const counted = await fileImport(runtime, {
      file,
      onBytes: (read, total) => progress.at(read, total),
      onRejection: (rejection) => list.add(rejection),
      patience_ms,
    }).finally(() => progress.stop());
    return withFault(counted, await caughtUp(runtime).then(() => undefined, behind));
  });
  const complete = withFault(report, await list.close());
  return { ok: complete.fault === undefined, json: complete, text: describe(complete) };
}

async function assertReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isDirectory()) throw new Error('it is a folder');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function behind(error: unknown): ImportFault {
  const message = `The services have not caught up (${(error as Error).message}). They go on where they stopped when started again.`;
  return { code: 'not_caught_up', message };
}

/** The first fault is the cause of those after it. */
function withFault(report: ImportReport, fault: ImportFault | undefined): ImportReport {
  return fault === undefined || report.fault !== undefined ? report : { ...report, fault };
}

function describe(report: ImportReport): string {
  const { read, accepted, duplicate, rejected, purchases, returns, rejections, fault } = report;
  const lines = [
    `read ${read} = accepted ${accepted} + duplicate ${duplicate} + rejected ${rejected}`,
    `recorded now: ${purchases} purchases, ${returns} returns`,
    ...rejections
      .slice(0, SHOWN)
      .map(({ line, code, pointer, reason }) => `  line ${line}: ${code}${pointer ? ` ${pointer}` : ''}: ${reason}`),
  ];
  if (rejected > SHOWN) lines.push(`  … and ${rejected - SHOWN} more (--json or --rejections <file> lists them)`);
  if (fault) lines.push(`Stopped early: ${fault.message}`);
  return lines.join('\n');
}
