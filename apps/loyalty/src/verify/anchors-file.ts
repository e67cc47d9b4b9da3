import { readFile } from 'node:fs/promises';
import type { TreeAnchor } from '@loyalty/event-store/check-receipt';
import { UsageError } from '../command.ts';

/** What `loyalty export anchors` writes, to be kept where nobody who can change the database can change it. */
export interface AnchorsFile {
  /** When they were taken, ISO 8601. */
  readonly taken: string;
  readonly anchors: readonly TreeAnchor[];
}

/** Anchors of a file that `loyalty export anchors` wrote, or of a receipt. @throws {UsageError} naming what is wrong with the file */
export async function readAnchors(file: string): Promise<readonly TreeAnchor[]> {
  const anchors = ((await readJson(file)) as Partial<AnchorsFile> | null)?.anchors;
  if (!Array.isArray(anchors) || !anchors.every(isAnchor)) {
    throw new UsageError(`${file} is not what \`loyalty export anchors\` writes`);
  }
  return anchors;
}

/** @throws {UsageError} */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}

function isAnchor(value: unknown): value is TreeAnchor {
  const anchor = value as Partial<TreeAnchor> | null;
  const hashes = [anchor?.hash, anchor?.root];
  return (
    typeof anchor?.service === 'string' &&
    Number.isInteger(anchor.shard) &&
    Number.isInteger(anchor.position) &&
    hashes.every((hash) => /^[0-9a-f]{64}$/.test(String(hash)))
  );
}
