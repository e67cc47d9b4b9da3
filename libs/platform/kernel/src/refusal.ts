/** A rule said no. Kept for ever under the command's key: a retry gets the same refusal. */
export interface Refusal {
  /** Stable, snake_case: `insufficient_points`. */
  readonly code: string;
  /** A sentence for people, in English. */
  readonly message: string;
  /** The field at fault, as a JSON pointer (`/lines/0/quantity`), where there is one. */
  readonly pointer?: string;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

export function refusal(code: string, message: string, extra: Omit<Refusal, 'code' | 'message'> = {}): Refusal {
  return { code, message, ...extra };
}
