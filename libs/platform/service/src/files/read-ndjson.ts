import type { TextBlock } from './read-lines.ts';

/** A line of a file of JSON values, one a line. */
export type JsonLine =
  | { readonly line: number; readonly value: unknown; readonly fault?: undefined }
  | { readonly line: number; readonly fault: { readonly code: string; readonly message: string } };

/** The values of NDJSON, in lists of what came together. Empty lines are passed over. */
export async function* readNdjson(blocks: AsyncIterable<TextBlock>): AsyncGenerator<JsonLine[]> {
  for await (const { text, line, faults } of blocks) {
    const values: JsonLine[] = [];
    let number = line;
    for (let start = 0; start < text.length; number++) {
      const end = text.indexOf('\n', start);
      const stop = end < 0 ? text.length : end;
      const fault = faults.get(number);
      const one = text.slice(start, stop);
      if (fault) values.push({ line: number, fault });
      else if (one.trim() !== '') values.push(parsed(number, one));
      start = stop + 1;
    }
    if (values.length > 0) yield values;
  }
}

function parsed(line: number, text: string): JsonLine {
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { line, fault: { code: 'malformed_json', message: `The line is not JSON: ${(error as Error).message}` } };
  }
}
