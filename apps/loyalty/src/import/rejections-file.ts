import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { UsageError } from '../command.ts';
import type { ImportReport, Rejection } from './file-import.ts';

/** Where rejected rows are listed as they come, one JSON object a line. */
export interface RejectionsFile {
  add(rejection: Rejection): void;
  /** Gives what kept the list from being whole: the import itself went on. */
  close(): Promise<ImportReport['fault']>;
}

/** @throws {UsageError} when the file cannot be written at all: said before an import is begun for it */
export async function openRejections(file: string | undefined): Promise<RejectionsFile> {
  if (file === undefined) return { add: () => undefined, close: () => Promise.resolve(undefined) };
  const stream = createWriteStream(file);
  let failure: Error | undefined;
  stream.on('error', (error) => (failure ??= error));
  await once(stream, 'open').catch((error: Error) => {
    throw new UsageError(`--rejections ${file} cannot be written: ${error.message}`);
  });
  return {
    add(rejection) {
      if (!failure) stream.write(`${JSON.stringify(rejection)}\n`);
    },
    async close() {
      if (!failure) await finished(stream.end()).catch(() => undefined);
      return failure && { code: 'rejections_not_written', message: `${file} is not complete: ${failure.message}` };
    },
  };
}
