import { createHash } from 'node:crypto';
import type { Work } from '@loyalty/event-store';
import { canonicalJson } from '@loyalty/kernel';
import { subjectOfAnswer } from './core/case.ts';
import type { CaseCommand, FeedbackCommand, RecordAnswer } from './core/command.ts';

/** The version of what a key's hash covers: a changed meaning of a field is a new one. */
const VERSION = 1;

/** An answer as work for the writer. Its own id is its key at every door. */
export function answerWork(command: RecordAnswer): Work<FeedbackCommand> {
  return work(subjectOfAnswer(command), command, 'answer', command.id);
}

/** A step of a case as work for the writer. @param subject whose case it is, as `findCase` tells */
export function caseWork(subject: string, command: CaseCommand, key: string): Work<FeedbackCommand> {
  return work(subject, command, 'case', key);
}

function work(subject: string, command: FeedbackCommand, namespace: string, key: string): Work<FeedbackCommand> {
  const hash = createHash('sha256')
    .update(canonicalJson({ version: VERSION, subject, ...command }))
    .digest('hex');
  // Where the hash covers free text, the store binds the key under the subject's own key: nobody can guess the text from it.
  const sealed = 'comment' in command || 'note' in command;
  return { subject, input: command, key: { namespace, key, hash, ...(sealed && { sealed }) } };
}
