/** One thing wrong with a document as it was sent. `code` is stable, `message` is for people. */
export interface Problem {
  /** JSON pointer to the field: `/lines/0/quantity`; empty for the document as a whole. */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

export function problem(pointer: string, code: string, message: string): Problem {
  return { pointer, code, message };
}

/** More than these are not listed: they would be one mistake made a thousand times. */
export const MOST_PROBLEMS = 20;
