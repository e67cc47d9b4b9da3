import { writeFile } from 'node:fs/promises';
import { readHeads } from '@loyalty/event-store';
import type { CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';
import type { AnchorsFile, ExportedAnchor } from './verify/anchors-file.ts';

/** Heads of every log. Written to the file, or to standard output where none is named. */
export function exportAnchors(file: string | undefined): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const anchors: ExportedAnchor[] = [];
    for (const { definition } of runtime.parts) {
      const heads = await readHeads(runtime.database.pool, definition.schema);
      const reached = heads.filter(({ position }) => position > 0);
      anchors.push(
        ...reached.map(({ shard, position, hash }) => ({ service: definition.service, shard, position, hash })),
      );
    }
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
