import { importFile, readMapping, readPreset, recordDocuments, type PurchasesWriter } from '@loyalty/purchases';
import type { FileImport } from './file-import.ts';

/**
 * Purchases and returns from CSV by a mapping, else from NDJSON.
 * @throws {MappingError} when the mapping file has a mistake or there is no such preset
 */
export async function purchasesImport(
  mappingFile: string | undefined,
  preset: string | undefined,
): Promise<FileImport> {
  const mapping =
    mappingFile === undefined
      ? preset === undefined
        ? undefined
        : await readPreset(preset)
      : await readMapping(mappingFile);
  return (runtime, { file, onBytes, onRejection, patience_ms }) => {
    const writer = runtime.writer('purchases') as PurchasesWriter;
    const { pool } = runtime.database;
    return importFile({
      source: file,
      mapping,
      record: (documents) => recordDocuments({ pool, writer }, documents),
      onProgress: ({ bytes, totalBytes }) => onBytes(bytes, totalBytes),
      onRejection,
      patience_ms,
    });
  };
}
