import { type CodeFormat, type CodeReport, type PointsWriter, uploadCodes } from '@loyalty/points';
import type { CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';

/** Rejected lines shown; all are counted, and with --json the first thousand told. */
const SHOWN = 20;

/** `loyalty codes`. */
export function uploadCodesFile(
  file: string,
  to: { readonly program: string; readonly reward: string },
  format: CodeFormat,
): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const writer = runtime.writer('points') as PointsWriter;
    const report = await uploadCodes(runtime.database.pool, writer, to, file, format);
    const ok = report.rejected === 0 && report.fault === undefined;
    return { ok, json: { ok, ...to, ...report }, text: told(report) };
  });
}

function told({ read, accepted, duplicate, rejected, rejections, fault }: CodeReport): string {
  const shown = rejections.slice(0, SHOWN).map(({ line, code, reason }) => `  line ${line}: ${code}: ${reason}`);
  const more = rejected > shown.length && shown.length > 0 ? [`  and ${rejected - shown.length} more`] : [];
  const broken = fault ? [`${fault.code}: ${fault.message} What came before it is in the pool.`] : [];
  const counts = `read ${read} = accepted ${accepted} + duplicate ${duplicate} + rejected ${rejected}`;
  return [counts, ...shown, ...more, ...broken].join('\n');
}
