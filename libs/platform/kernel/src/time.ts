/** Milliseconds since 1970-01-01T00:00:00Z: the resolution of effective times. */
export type EpochMs = number;
/** Microseconds since 1970-01-01T00:00:00Z: the resolution of recorded times. Safe as a number until the year 2255. */
export type EpochMicros = number;

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The instant of an ISO 8601 date-time that states its offset (`2026-01-25T10:00:00+08:00`), cut to milliseconds.
 * Anything else, including impossible dates, gives `undefined`.
 */
export function parseInstant(text: string): EpochMs | undefined {
  if (!INSTANT.test(text)) return undefined;
  const day = Number(text.slice(8, 10));
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  const month = Number(text.slice(5, 7));
  const year = Number(text.slice(0, 4));
  // Date.parse rolls 30 February over into March.
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() ? ms : undefined;
}

/** ISO 8601 in UTC with three decimals: `2026-01-25T02:00:00.000Z`. */
export function formatInstant(ms: EpochMs): string {
  return new Date(ms).toISOString();
}

/** ISO 8601 in UTC with six decimals: `2026-01-25T02:00:00.000123Z`. */
export function formatMicros(micros: EpochMicros): string {
  const ms = Math.floor(micros / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * 1000).padStart(3, '0')}Z`;
}
