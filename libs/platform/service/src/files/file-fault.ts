/**
 * A file cannot be read on. What was read before it stays read. Codes: `file_not_found`, `file_unreadable`, `file_truncated`,
 * `file_corrupt`, `not_utf8`, `no_header`, `unknown_columns`, `missing_columns`, `duplicate_columns`.
 */
export class FileFaultError extends Error {
  override readonly name = 'FileFaultError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
