import { formatInstant } from '@loyalty/kernel';
import type { Entry } from '../entry.ts';
import type { Wording } from '../wording/wording.ts';
import { inPages } from './in-pages.ts';
import type { Statement, StatementLine } from './open-statement.ts';

/** One JSON object, written as it is read: `entries` may be many. */
export async function* statementJson(statement: Statement, words: Wording): AsyncGenerator<string, void, void> {
  const { member, program, from, to, timeZone, issuedAt, upto, opening } = statement;
  const period = { from: formatInstant(from), to: formatInstant(to), timeZone };
  const head = { member, program, period, language: words.language, issuedAt: formatInstant(issuedAt), upto, opening };
  yield `${JSON.stringify(head).slice(0, -1)},"entries":[`;
  let before = '';
  const { account, ...end } = yield* inPages(statement.lines, (lines) => {
    const page = before + lines.map((line) => JSON.stringify(told(line, words))).join(',\n');
    before = ',\n';
    return page;
  });
  const steps = account.steps.map((entry) => named(entry, words));
  yield `],${JSON.stringify({ ...end, account: { ...account, steps } }).slice(1)}\n`;
}

function told({ entry, points, balance }: StatementLine, words: Wording): object {
  const { lot } = entry;
  return { ...named(entry, words), points, balance, ...(lot !== undefined && { lot }) };
}

function named(entry: Entry, words: Wording): object {
  const { position, id, type, at, recordedAt, reference } = entry;
  return {
    position,
    id,
    type,
    at,
    recordedAt,
    text: words.title(entry),
    ...(reference !== undefined && { reference }),
    explanation: `/v1/entries/${position}/explanation`,
  };
}
