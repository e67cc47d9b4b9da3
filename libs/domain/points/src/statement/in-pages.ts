import type { StatementEnd, StatementLine } from './open-statement.ts';

/** Lines that are written at once: a chunk of text for every line would be a packet for every line. */
const LINES = 200;

/** A statement's lines as text, some at a time. */
export async function* inPages(
  lines: AsyncGenerator<StatementLine, StatementEnd, void>,
  text: (lines: readonly StatementLine[]) => string,
): AsyncGenerator<string, StatementEnd, void> {
  let page: StatementLine[] = [];
  let next = await lines.next();
  for (; !next.done; next = await lines.next()) {
    page.push(next.value);
    if (page.length < LINES) continue;
    yield text(page);
    page = [];
  }
  if (page.length > 0) yield text(page);
  return next.value;
}
