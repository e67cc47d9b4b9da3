import type { ExportedEntry } from './exported-entries.ts';
import type { ByteSink } from './write-parquet.ts';

/** One JSON object a line, each ended by a line break. */
export async function writeNdjson(pages: AsyncIterable<readonly ExportedEntry[]>, sink: ByteSink): Promise<void> {
  for await (const page of pages) {
    if (page.length > 0) await sink(Buffer.from(page.map((entry) => `${JSON.stringify(entry)}\n`).join('')));
  }
}
