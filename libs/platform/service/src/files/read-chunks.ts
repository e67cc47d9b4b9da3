import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FileFaultError } from './file-fault.ts';

export interface ReadOptions {
  /** Told how many bytes of the file (compressed, where it is) were read so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** Small, because one chunk of a .gz may unpack to a thousand times its size. */
const CHUNK = 65_536;
const HEAD = 4;

/** Bytes of a file, or of a stream; undefined where that is not known. */
export async function fileSize(source: string | Readable): Promise<number | undefined> {
  if (typeof source !== 'string') return undefined;
  return (await stat(source).catch(() => undefined))?.size;
}

/**
 * The bytes of a file, unpacked if it is gzip by its first two bytes, whatever its name. Bounded memory.
 * Throws FileFaultError after everything that could be read was given.
 */
export async function* readChunks(source: string | Readable, options: ReadOptions = {}): AsyncGenerator<Buffer> {
  const chunks = withHead(rawChunks(source, options));
  try {
    const first = await chunks.next();
    if (first.done) return;
    if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* unpacked(first.value, chunks);
    else {
      yield first.value;
      yield* chunks;
    }
  } finally {
    await chunks.return(undefined);
  }
}

/** A first chunk long enough to tell gzip and a byte order mark by, if there is that much. */
async function* withHead(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head) head = Buffer.concat([head, chunk]);
    if (head && head.length < HEAD) continue;
    yield head ?? chunk;
    head = undefined;
  }
  if (head && head.length > 0) yield head;
}

async function* rawChunks(source: string | Readable, { onBytes }: ReadOptions): AsyncGenerator<Buffer> {
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: CHUNK }) : source;
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer | string>) {
      const buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      bytes += buffer.length;
      onBytes?.(bytes);
      if (buffer.length > 0) yield buffer;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new FileFaultError('file_not_found', `There is no file ${String(source)}.`, { cause: error });
    throw new FileFaultError('file_unreadable', `The file cannot be read: ${message}`, { cause: error });
  }
}

/**
 * Feeds gunzip by hand, a chunk at a time: iterating it would lose what it unpacked before it found the file broken.
 */
async function* unpacked(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  let out: Buffer[] = [];
  gunzip.on('data', (chunk: Buffer) => out.push(chunk));
  let broken: Error | undefined;
  const failed = new Promise<void>((resolve) =>
    gunzip.on('error', (error) => {
      broken = error;
      resolve();
    }),
  );
  const ended = new Promise<void>((resolve) => gunzip.once('end', resolve));
  try {
    for (
      let chunk: Buffer | undefined = first;
      chunk !== undefined && !broken;
      chunk = (await rest.next()).value as Buffer | undefined
    ) {
      const written = new Promise<void>((resolve) => gunzip.write(chunk, () => resolve()));
      await Promise.race([written, failed]);
      const ready = out;
      out = [];
      yield* ready;
    }
    if (!broken) {
      gunzip.end();
      await Promise.race([ended, failed]);
    }
    yield* out;
  } finally {
    gunzip.destroy();
  }
  if (broken) throw gzipFault(broken);
}

function gzipFault(error: Error): FileFaultError {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR'
    ? new FileFaultError('file_truncated', 'The .gz file ends in the middle: it was cut off.', { cause: error })
    : new FileFaultError('file_corrupt', `The .gz file is damaged: ${error.message}`, { cause: error });
}
