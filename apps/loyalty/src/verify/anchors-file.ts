import { readFile } from 'node:fs/promises';
import { UsageError } from '../command.ts';

/** The end of a shard at some time, kept where nobody who can change the database can change it. */
export interface ExportedAnchor {
  readonly service: string;
  readonly shard: number;
  readonly position: number;
  /** 64 hex digits. */
  readonly hash: string;
}

export interface AnchorsFile {
  /** When they were taken, ISO 8601. */
  readonly taken: string;
  readonly anchors: readonly ExportedAnchor[];
}

/** Reads what `loyalty export anchors` wrote. Throws UsageError naming what is wrong with the file. */
export async function readAnchors(file: string): Promise<AnchorsFile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  const anchors = (value as Partial<AnchorsFile> | null)?.anchors;
  if (!Array.isArray(anchors) || !anchors.every(isAnchor)) {
    throw new UsageError(`${file} is not what \`loyalty export anchors\` writes`);
  }
  return value as AnchorsFile;
}

function isAnchor(value: unknown): value is ExportedAnchor {
  const anchor = value as Partial<ExportedAnchor> | null;
  return (
    typeof anchor?.service === 'string' &&
    Number.isInteger(anchor.shard) &&
    Number.isInteger(anchor.position) &&
    /^[0-9a-f]{64}$/.test(String(anchor.hash))
  );
}
