import { BadInputError, RefusalError } from '@loyalty/service';
import { refusal } from '@loyalty/kernel';
import type { Document } from './core/document.ts';
import { parseDocument } from './core/parse-document.ts';

/** Broken rules rather than broken input: told as a refusal, but not kept, since the answer would keep the personal id. */
const RULES = new Set(['member_id_personal']);

/**
 * The document of a body.
 * @throws {RefusalError} 422 `member_id_personal`
 * @throws {BadInputError} 400 with a pointer to each field; its code is the field's where there is one fault only
 */
export function documentOf(body: unknown): Document {
  const parsed = parseDocument(body);
  if (parsed.ok) return parsed.document;
  const [first, ...others] = parsed.problems;
  if (first && others.length === 0) {
    const { code, message, pointer } = first;
    if (RULES.has(code)) throw new RefusalError(refusal(code, message, { pointer }));
    throw new BadInputError([first], undefined, code);
  }
  throw new BadInputError(parsed.problems);
}
