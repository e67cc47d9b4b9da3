import type { CheckedEntry, CheckedReceipt } from '@loyalty/event-store/check-receipt';

/** As many entries are shown one by one; of more only those that fail. */
const SHOWN = 20;

/** What a check found, for people: what was proved and what was not. */
export function receiptText(checked: CheckedReceipt): string {
  const { entries, ok, problem } = checked;
  if (problem !== undefined) return plain(`FAILED  ${problem}`);
  const shown = entries.length <= SHOWN ? entries : entries.filter((entry) => !entry.ok).slice(0, SHOWN);
  const failed = entries.filter((entry) => !entry.ok).length;
  return [
    ...shown.flatMap(entryLines),
    ...(shown.length < entries.length ? [`${entries.length - failed} of ${entries.length} entries are proved.`] : []),
    '',
    ok ? proved(entries) : `FAILED  ${failed} of ${entries.length} entries are not proved.`,
    ...(ok ? notProved(entries) : []),
  ].join('\n');
}

function entryLines({ service, shard, position, id, type, subject, steps }: CheckedEntry): string[] {
  return [
    `${service}, shard ${shard}, position ${position}: ${type} ${id} of ${subject}`,
    ...steps.map(({ check, ok, message }) => `  ${ok ? 'ok    ' : 'FAILED'}  ${check.padEnd(6)}  ${message}`),
  ].map(plain);
}

/** What a file says may hold anything, what steers a terminal too. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}

function proved(entries: readonly CheckedEntry[]): string {
  const what = entries.length === 1 ? 'This event stood' : `These ${entries.length} events stood`;
  return entries.every(({ anchored }) => anchored)
    ? `Proved: ${what} in the log, to the byte and at this position, when the anchor was taken.`
    : `Proved: ${what} at this position of a log whose tree has the root that the receipt names.`;
}

function notProved(entries: readonly CheckedEntry[]): string[] {
  const anchored = entries.every((entry) => entry.anchored);
  return [
    'Not proved:',
    ...(anchored
      ? []
      : [
          '  - that this is the log’s root: whoever made the file could have made it up. Give --anchor, kept elsewhere.',
        ]),
    '  - that there is no other event of the member, before or after: `loyalty verify` in front of the log shows that.',
    '  - that what the event says was right; what sealed fields hold: they stay sealed.',
  ];
}
