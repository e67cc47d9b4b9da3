import { isUtf8 } from 'node:buffer';
import { FileFaultError } from './file-fault.ts';

/** Whole lines of a text. */
export interface TextBlock {
  /** Each line ends with `\n`, but for the last of a file that ends without. */
  readonly text: string;
  /** Number of the first line, from 1. */
  readonly line: number;
  /** Lines that cannot be trusted, by number: their text is replaced or left out. */
  readonly faults: ReadonlyMap<number, LineFault>;
}

export interface LineFault {
  readonly code: 'invalid_utf8' | 'line_too_long';
  readonly message: string;
}

/** A purchase document of 20,000 lines takes about 2 MB. */
export const LONGEST_LINE = 8 * 1_048_576;

const NEWLINE = 0x0a;
const NONE: ReadonlyMap<number, LineFault> = new Map();

/**
 * Splits bytes into blocks of whole lines, checks that they are UTF-8 and drops a byte order mark. A line that is too long is
 * skipped, not held. When `chunks` throws, the line it broke off in is left out and the error goes on.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, longest = LONGEST_LINE): AsyncGenerator<TextBlock> {
  let held: Buffer[] = [];
  let size = 0;
  let skipping = false;
  let line = 1;
  let begun = false;
  for await (const chunk of chunks) {
    let rest = chunk;
    if (!begun) {
      begun = true;
      rest = withoutMark(chunk);
    }
    if (skipping) {
      const end = rest.indexOf(NEWLINE);
      if (end < 0) continue;
      yield tooLong(line++, longest);
      rest = rest.subarray(end + 1);
      skipping = false;
    }
    const last = rest.lastIndexOf(NEWLINE);
    if (last >= 0) {
      const block = textBlock(
        held.length > 0 ? Buffer.concat([...held, rest.subarray(0, last + 1)]) : rest.subarray(0, last + 1),
        line,
      );
      yield block.block;
      line += block.lines;
      held = [];
      size = 0;
      rest = rest.subarray(last + 1);
    }
    if (rest.length > 0) {
      held.push(rest);
      size += rest.length;
    }
    if (size > longest) {
      held = [];
      size = 0;
      skipping = true;
    }
  }
  if (skipping) yield tooLong(line, longest);
  else if (size > 0) yield textBlock(Buffer.concat(held), line).block;
}

function withoutMark(first: Buffer): Buffer {
  if ((first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff)) {
    throw new FileFaultError('not_utf8', 'The file is UTF-16: save it as UTF-8.');
  }
  return first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? first.subarray(3) : first;
}

function tooLong(line: number, longest: number): TextBlock {
  const fault: LineFault = { code: 'line_too_long', message: `The line is longer than ${longest} bytes.` };
  return { text: '\n', line, faults: new Map([[line, fault]]) };
}

function textBlock(bytes: Buffer, line: number): { block: TextBlock; lines: number } {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  const faults = isUtf8(bytes) ? NONE : utf8Faults(bytes, line);
  return { block: { text: bytes.toString('utf8'), line, faults }, lines };
}

function utf8Faults(bytes: Buffer, line: number): Map<number, LineFault> {
  const faults = new Map<number, LineFault>();
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, start);
    const stop = end < 0 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(start, stop)))
      faults.set(line, { code: 'invalid_utf8', message: 'The line is not UTF-8.' });
    start = stop;
  }
  return faults;
}
