import { stringify } from 'csv-stringify/sync';
import { type EpochMs, formatInstant, timeZone } from '@loyalty/kernel';
import type { Notation, Wording } from '../wording/wording.ts';
import { inPages } from './in-pages.ts';
import type { Standing, Statement } from './open-statement.ts';

const COLUMNS = [
  'date',
  'booked',
  'zone',
  'type',
  'what',
  'points',
  'balance',
  'position',
  'lot',
  'reference',
] as const;
type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>;

/** Texts come from outside, and a spreadsheet would run one that begins like a formula. The mark tells Excel that this is UTF-8. */
const table = (rows: readonly Row[], first = false): string =>
  stringify([...rows], {
    columns: [...COLUMNS],
    header: first,
    bom: first,
    escape_formulas: true,
    record_delimiter: 'windows',
  });

/**
 * Times are of the program's clocks. Types besides those of entries: `opening`, `closing`, `due`, `active` and `gone` (to come),
 * `closed` and `reopened` (of the account, in the period) and `account` (how it stands at the end).
 */
export async function* statementCsv(
  statement: Statement,
  words: Wording,
  notation: Notation,
): AsyncGenerator<string, void, void> {
  const { from, to, timeZone: zone, opening } = statement;
  const labels = words.statement;
  const clock = (at: EpochMs): string => {
    const text = formatInstant(at + timeZone(zone).offsetAt(at));
    return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
  };
  const edge = (at: EpochMs, type: 'opening' | 'closing', { balance, due }: Standing): Row[] => [
    { date: clock(at), zone, type, what: labels[type], balance },
    ...(due === 0 ? [] : [{ date: clock(at), zone, type: 'due', what: labels.due, points: due }]),
  ];
  yield table(edge(from, 'opening', opening), true);
  const { closing, upcoming, account } = yield* inPages(statement.lines, (lines) =>
    table(
      lines.map(({ entry, points, balance }) => ({
        date: clock(Date.parse(entry.at)),
        booked: clock(Date.parse(entry.recordedAt)),
        zone,
        type: entry.type,
        what: words.title(entry),
        points,
        balance,
        position: entry.position,
        lot: entry.lot ?? '',
        reference: entry.reference ?? '',
      })),
    ),
  );
  yield table(edge(to, 'closing', closing));
  const coming = upcoming.flatMap(({ at, active, gone }): Row[] => [
    ...(active === 0
      ? []
      : [{ date: clock(Date.parse(at)), zone, type: 'active', what: labels.becomesActive, points: active }]),
    ...(gone === 0 ? [] : [{ date: clock(Date.parse(at)), zone, type: 'gone', what: labels.expires, points: -gone }]),
  ]);
  const steps = account.steps.map((entry): Row => ({
    date: clock(Date.parse(entry.at)),
    booked: clock(Date.parse(entry.recordedAt)),
    zone,
    type: entry.type,
    what: words.title(entry),
    position: entry.position,
    reference: entry.reference ?? '',
  }));
  const what = words.accountStands(account.closedAt === null ? null : Date.parse(account.closedAt), notation);
  yield table([...coming, ...steps, { date: clock(to), zone, type: 'account', what }]);
}
