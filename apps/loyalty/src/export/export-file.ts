import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createGzip } from 'node:zlib';

export interface WrittenFile {
  readonly bytes: number;
  /** Of the file as it lies there, compressed or not; 64 hex digits. */
  readonly sha256: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * A file that is there whole or not at all: written beside its place, flushed to the disk, then renamed. A signal leaves nothing behind.
 * @param fill gives the bytes in order
 */
export async function writeWhole(
  path: string,
  { gzip }: { readonly gzip: boolean },
  fill: (sink: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<WrittenFile> {
  const place = resolve(path);
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.partial`);
  const file = await open(beside, 'w');
  const end = (signal: NodeJS.Signals): void => {
    rmSync(beside, { force: true });
    for (const each of SIGNALS) process.off(each, end);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    const keep = async (chunk: Uint8Array): Promise<void> => {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    };
    if (gzip) await throughGzip(keep, fill);
    else await fill(keep);
    await file.sync();
    await file.close();
    await rename(beside, place);
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

async function throughGzip(
  keep: (chunk: Uint8Array) => Promise<void>,
  fill: (sink: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const packer = createGzip();
  const kept = (async () => {
    for await (const chunk of packer) await keep(chunk as Uint8Array);
  })();
  try {
    const full = async (bytes: Uint8Array): Promise<void> => {
      // Whoever keeps may have failed: then nothing drains any more.
      if (!packer.write(bytes)) await Promise.race([once(packer, 'drain'), kept]);
    };
    await fill(full);
    packer.end();
  } catch (error) {
    packer.destroy();
    await kept.catch(() => undefined);
    throw error;
  }
  await kept;
}
