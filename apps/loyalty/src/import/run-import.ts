import { createWriteStream, type WriteStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { caughtUp } from '../caught-up.ts';
import { UsageError, type CommandResult } from '../command.ts';
import { withLedger } from '../open-ledger.ts';
import { startProgress } from '../progress.ts';
import { openings } from './openings.ts';
import { purchasesImport } from './purchases-import.ts';
import type { FileImport, ImportReport, Rejection } from './file-import.ts';

export interface ImportArguments {
  readonly mapping: string | undefined;
  readonly preset: string | undefined;
  readonly rejections: string | undefined;
}

/** Rejected rows that people are shown; `--json` and `--rejections` have them all. */
const SHOWN = 20;

/** Takes a file in, waits until all services have caught up, and counts. */
export async function runImport(
  file: string,
  { mapping, preset, rejections }: ImportArguments,
): Promise<CommandResult> {
  await access(file).catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
  const opening = openings.get(preset ?? '');
  // A mistake in a mapping is told before a database is started for it.
  const fileImport: FileImport = opening ?? (await purchasesImport(mapping, preset));
  const sink = rejections === undefined ? undefined : createWriteStream(rejections);
  const report = await withLedger(async ({ runtime }) => {
    const progress = startProgress('importing', 'bytes');
    try {
      return await fileImport(runtime, {
        file,
        onBytes: (read, total) => progress.at(read, total),
        onRejection: (rejection) => write(sink, rejection),
      });
    } finally {
      progress.stop();
      await caughtUp(runtime);
    }
  });
  if (sink) await finished(sink.end());
  return { ok: report.fault === undefined, json: report, text: describe(report) };
}

function write(sink: WriteStream | undefined, rejection: Rejection): void {
  sink?.write(`${JSON.stringify(rejection)}\n`);
}

function describe(report: ImportReport): string {
  const { read, accepted, duplicate, rejected, purchases, returns, rejections, fault } = report;
  const lines = [
    `read ${read} = accepted ${accepted} + duplicate ${duplicate} + rejected ${rejected}`,
    `recorded now: ${purchases} purchases, ${returns} returns`,
    ...rejections.slice(0, SHOWN).map(({ line, code, reason }) => `  line ${line}: ${code}: ${reason}`),
  ];
  if (rejected > SHOWN) lines.push(`  … and ${rejected - SHOWN} more (--json or --rejections <file> lists them)`);
  if (fault) lines.push(`Stopped early: ${fault.message}`);
  return lines.join('\n');
}
