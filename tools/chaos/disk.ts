import { spawnSync } from 'node:child_process';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** For ten minutes of load and its write-ahead log, which is kept short. */
const SIZE = '1200m';
const PIECE = Buffer.alloc(4_194_304);

/** A file system of its own for the database, small enough to be filled. */
export interface Disk {
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): void;
}

/** @returns the reason where there can be none: it takes root and the right to mount */
export function mountDisk(folder: string): Disk | string {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'tmpfs', folder]);
  if (status !== 0) return (error?.message ?? String(stderr)).trim().split('\n')[0] || 'mount failed';
  const ballast = join(folder, 'ballast');
  return {
    fill: () => fill(folder, ballast),
    free: () => rm(ballast, { force: true }),
    close: () => void spawnSync('umount', ['--lazy', folder]),
  };
}

async function fill(folder: string, ballast: string): Promise<void> {
  const file = await open(ballast, 'w');
  try {
    for (;;) {
      const { bavail, bsize } = await statfs(folder);
      const left = Math.min(PIECE.length, bavail * bsize);
      if (left === 0) return;
      await file.write(PIECE, 0, left);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
