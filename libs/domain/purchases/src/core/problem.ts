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

/** Broken rules rather than broken input. */
const RULES = new Set(['member_id_personal']);

/** Whether nothing is wrong with a document but that it breaks a rule. */
export function ruleBroken(problems: readonly Problem[]): boolean {
  return problems.every(({ code }) => RULES.has(code));
}

/** Several problems as one, the same at every door: the code of the first that is no mere broken rule, and the text of all. */
export function told(problems: readonly Problem[]): Problem {
  const [only, ...others] = problems;
  if (only && others.length === 0) return only;
  const first = problems.find(({ code }) => !RULES.has(code)) ?? only;
  const all = problems.map(({ pointer, message }) => (pointer === '' ? message : `${pointer}: ${message}`));
  return problem(first?.pointer ?? '', first?.code ?? 'rejected', all.join(' '));
}

/** More than these are not listed: they would be one mistake made a thousand times. */
export const MOST_PROBLEMS = 20;
