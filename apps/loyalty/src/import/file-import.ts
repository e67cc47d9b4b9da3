import type { Runtime } from '@loyalty/service';

/** A row that was not taken, and why. */
export interface Rejection {
  readonly line: number;
  readonly code: string;
  readonly reason: string;
  /** JSON pointer to the field of the document that is at fault, where it is one. */
  readonly pointer?: string;
}

/** What an import did. accepted + duplicate + rejected = read, always. */
export interface ImportReport {
  /** Rows of a CSV, documents of NDJSON. */
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Documents recorded now that sold something. */
  readonly purchases: number;
  /** Documents recorded now that took something back. */
  readonly returns: number;
  /** In the order of the file; of very many the first 10,000. */
  readonly rejections: readonly Rejection[];
  /** Why it ended early; what was recorded stays recorded. */
  readonly fault?: { readonly code: string; readonly message: string };
}

export interface FileImportOptions {
  readonly file: string;
  /** Of the file as it is (compressed). */
  readonly onBytes: (read: number, total: number | undefined) => void;
  readonly onRejection: (rejection: Rejection) => void;
  /** How long to wait for a database that does not answer. */
  readonly patience_ms: number;
}

/** Takes one kind of file in. */
export type FileImport = (runtime: Runtime, options: FileImportOptions) => Promise<ImportReport>;
