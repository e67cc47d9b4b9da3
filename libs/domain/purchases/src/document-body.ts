import { BadInputError, RefusalError } from '@loyalty/service';
import { refusal } from '@loyalty/kernel';
import type { Document } from './core/document.ts';
import { parseDocument } from './core/parse-document.ts';
import { ruleBroken, told } from './core/problem.ts';

/**
 * The document of a body.
 * @throws {RefusalError} 422 `member_id_personal`
 * @throws {BadInputError} 400 with a pointer to each field; code and text are those that a file's row would be rejected with
 */
export function documentOf(body: unknown): Document {
  const parsed = parseDocument(body);
  if (parsed.ok) return parsed.document;
  const { code, pointer, message } = told(parsed.problems);
  // Told as a refusal, but not kept, since the answer would keep the personal id.
  if (ruleBroken(parsed.problems)) throw new RefusalError(refusal(code, message, { pointer }));
  throw new BadInputError(parsed.problems, message, code);
}
