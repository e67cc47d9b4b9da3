import { parseInstant, timeZone, type EpochMs } from '@loyalty/kernel';

const TOKENS: Readonly<Record<string, string>> = {
  yyyy: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  dd: '(?<day>\\d{2})',
  d: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
};
const ISO =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.\d+)?)?)?$/;

/**
 * Reads the times of a file. What states its offset is an instant as it stands; anything else is a wall clock in `zone`:
 * in an overlap the earlier instant, in a gap the first one after it. `undefined` for what is no time.
 * Throws when the layout has no year, month or day.
 */
export function timeReader({
  zone,
  layout,
}: {
  zone?: string | undefined;
  layout?: string | undefined;
}): (text: string) => EpochMs | undefined {
  const shape = layout === undefined ? ISO : layoutPattern(layout);
  const place = zone === undefined ? undefined : timeZone(zone);
  let lastText: string | undefined;
  let lastTime: EpochMs | undefined;
  const read = (text: string): EpochMs | undefined => {
    const wall = wallClock(shape.exec(text)?.groups);
    if (wall === undefined) return parseInstant(text.replace(' ', 'T'));
    return place?.instantOf(wall);
  };
  // Rows of one document mostly have one time.
  return (text) => {
    if (text !== lastText) {
      lastTime = read(text);
      lastText = text;
    }
    return lastTime;
  };
}

function layoutPattern(layout: string): RegExp {
  const parts = layout.match(/yyyy|MM?|dd?|HH?|mm|ss|./gu) ?? [];
  for (const needed of ['y', 'M', 'd']) {
    if (!parts.some((part) => part.startsWith(needed) && part in TOKENS))
      throw new TypeError('a layout has yyyy, M and d');
  }
  return new RegExp(
    `^${parts.map((part) => TOKENS[part] ?? part.replace(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&')).join('')}$`,
    'u',
  );
}

/** The reading of a wall clock as if it were UTC; undefined for a date or time that does not exist. */
function wallClock(groups: Record<string, string | undefined> | undefined): number | undefined {
  if (!groups) return undefined;
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((name) =>
    Number(groups[name] ?? 0),
  ) as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(wall);
  const exists =
    back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? wall : undefined;
}
