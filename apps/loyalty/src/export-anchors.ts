import { writeFile } from 'node:fs/promises';
import type { TreeAnchor } from '@loyalty/event-store/check-receipt';
import type { CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';
import { anchorsNow } from './prove/anchors-now.ts';
import type { AnchorsFile } from './verify/anchors-file.ts';

/** The end of every log with its hash and the root of its tree. Written to the file, or to standard output where none is named. */
export function exportAnchors(file: string | undefined): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const anchors: TreeAnchor[] = [];
    for (const { definition } of runtime.parts) anchors.push(...(await anchorsNow(runtime.database.pool, definition)));
    const content: AnchorsFile = { taken: new Date().toISOString(), anchors };
    const text = `${JSON.stringify(content, null, 2)}\n`;
    if (file === undefined) return { json: content, text };
    await writeFile(file, text);
    return {
      json: { ...content, file },
      text: `${anchors.length} anchors written to ${file}. Keep it where this machine’s administrators cannot change it.`,
    };
  });
}
