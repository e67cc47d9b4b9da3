/** One line of `loyalty verify`. */
export interface CheckOutcome {
  readonly name: string;
  readonly ok: boolean;
  /** How many things were looked at. */
  readonly checked: number;
  /** What they are. */
  readonly unit: string;
  readonly problems: readonly string[];
  /** What this proof does not prove, or what is no defect and yet to be told. */
  readonly note?: string;
}
