import type { EpochMs } from '@loyalty/kernel';
import type { Notation, StatementLabels, Wording } from '../wording/wording.ts';
import { inPages } from './in-pages.ts';
import type { Standing, Statement, StatementEnd, StatementLine } from './open-statement.ts';

/** Everything a page needs is in it: it can be kept, sent and printed as one file. */
const STYLE = `
:root { color-scheme: light; font: 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
body { color: #1a1a1a; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
dl { display: grid; grid-template-columns: max-content auto; gap: 0.15rem 1.5rem; margin: 0; }
dt { color: #595959; }
dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: start; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #d9d9d9; overflow-wrap: anywhere; }
th { color: #595959; font-weight: 600; border-bottom-color: #8c8c8c; }
.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
.time { white-space: nowrap; }
.edge { font-weight: 600; }
small { color: #595959; }
@page { margin: 15mm; }
@media print {
  :root { font-size: 9pt; }
  body { max-width: none; margin: 0; padding: 0; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;

/** A page for a browser or a printer. Nothing of it is loaded from elsewhere, and every text from outside is escaped. */
export async function* statementPage(statement: Statement, words: Wording, to: Notation) {
  const labels = words.statement;
  const { member, program, opening } = statement;
  const period = `${to.instant(statement.from)} – ${to.instant(statement.to)} (${statement.timeZone})`;
  const facts = [
    [labels.member, member],
    [labels.program, program],
    [labels.period, period],
    [labels.issued, to.instant(statement.issuedAt)],
  ].map(([name = '', value = '']) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  yield `<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(`${labels.title} · ${member}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(labels.title)}</h1>
<dl>${facts.join('')}</dl>
<h2>${escaped(labels.period)}</h2>
<table>
<thead><tr>${headings(labels)}</tr></thead>
<tbody>
${edge(statement.from, labels.opening, opening, labels, to)}`;
  let lines = 0;
  const end: StatementEnd = yield* inPages(statement.lines, (page) => {
    lines += page.length;
    return page.map((line) => row(line, words, to)).join('');
  });
  if (lines === 0) yield `<tr><td colspan="6">${escaped(labels.nothing)}</td></tr>\n`;
  yield `${edge(statement.to, labels.closing, end.closing, labels, to)}</tbody>
</table>
${buckets(end.closing, labels, to)}${upcoming(end, labels, to)}${account(end, words, to)}
<p><small>${labels.notes.map(escaped).join('<br>')}<br>${escaped(statement.upto)}</small></p>
</body>
</html>
`;
}

const number = (points: number, to: Notation, sign = ''): string =>
  `<td class="number">${points > 0 ? sign : ''}${to.points(points)}</td>`;
const time = (at: EpochMs, to: Notation): string => `<td class="time">${escaped(to.instant(at))}</td>`;

function headings({ date, booked, what, points, balance }: StatementLabels): string {
  const names = [date, booked, what].map((name) => `<th scope="col">${escaped(name)}</th>`);
  const numbers = [points, balance].map((name) => `<th scope="col" class="number">${escaped(name)}</th>`);
  return `${[...names, ...numbers].join('')}<th scope="col"></th>`;
}

function row({ entry, points, balance }: StatementLine, words: Wording, to: Notation): string {
  const times = time(Date.parse(entry.at), to) + time(Date.parse(entry.recordedAt), to);
  const sums = number(points, to, '+') + number(balance, to);
  return `<tr>${times}<td>${escaped(words.title(entry))}</td>${sums}<td><small>${escaped(entry.position)}</small></td></tr>\n`;
}

function edge(at: EpochMs, name: string, { balance, due }: Standing, labels: StatementLabels, to: Notation): string {
  const line = `<tr class="edge">${time(at, to)}<td></td><td>${escaped(name)}</td><td></td>${number(balance, to)}<td></td></tr>\n`;
  if (due === 0) return line;
  return `${line}<tr><td></td><td></td><td>${escaped(labels.due)}</td>${number(due, to, '+')}<td></td><td></td></tr>\n`;
}

function buckets(closing: Standing, labels: StatementLabels, to: Notation): string {
  const rows = (['active', 'pending', 'reserved', 'owed'] as const).map(
    (bucket) => `<tr><td>${escaped(labels[bucket])}</td>${number(closing[bucket], to)}</tr>`,
  );
  return `<h2>${escaped(labels.closing)}</h2>\n<table><tbody>${rows.join('\n')}</tbody></table>\n`;
}

function upcoming({ upcoming: coming }: StatementEnd, labels: StatementLabels, to: Notation): string {
  if (coming.length === 0) return '';
  const rows = coming.flatMap(({ at, active, gone }) => [
    ...(active === 0
      ? []
      : [`<tr>${time(Date.parse(at), to)}<td>${escaped(labels.becomesActive)}</td>${number(active, to)}</tr>`]),
    ...(gone === 0
      ? []
      : [`<tr>${time(Date.parse(at), to)}<td>${escaped(labels.expires)}</td>${number(-gone, to)}</tr>`]),
  ]);
  return `<h2>${escaped(labels.upcoming)}</h2>\n<table><tbody>${rows.join('\n')}</tbody></table>\n`;
}

function account({ account: { closedAt, steps } }: StatementEnd, words: Wording, to: Notation): string {
  const stands = words.accountStands(closedAt === null ? null : Date.parse(closedAt), to);
  const head = `<h2>${escaped(words.statement.account)}</h2>\n<p>${escaped(stands)}</p>\n`;
  if (steps.length === 0) return head;
  const rows = steps.map((entry) => {
    const cells = `${time(Date.parse(entry.at), to)}<td>${escaped(words.title(entry))}</td>`;
    return `<tr>${cells}<td><small>${escaped(entry.position)}</small></td></tr>`;
  });
  return `${head}<table><tbody>${rows.join('\n')}</tbody></table>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
