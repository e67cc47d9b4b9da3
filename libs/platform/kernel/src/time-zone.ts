import { Temporal } from 'temporal-polyfill';
import type { EpochMs } from './time.ts';

/**
 * A time zone as a table of its offsets. The library answers one question in about 9 µs; rating asks several a purchase,
 * so each stretch of about a year is asked once and kept: 0.1 µs from then on.
 */
export interface TimeZone {
  readonly id: string;
  /** Local time minus UTC, in milliseconds, at an instant. */
  offsetAt(at: EpochMs): number;
  /**
   * The instant of a wall clock reading (given as if it were UTC). In an overlap the earlier of the two;
   * in a gap the first instant after it.
   */
  instantOf(wall: number): EpochMs;
}

interface Stretch {
  /** Ascending; the first is the stretch's own start. */
  readonly starts: readonly EpochMs[];
  readonly offsets: readonly number[];
}

const STRETCH_MS = 366 * 86_400_000;
const DAY_MS = 86_400_000;
const zones = new Map<string, TimeZone>();

/** Throws a RangeError for a name that is no IANA time zone. */
export function timeZone(id: string): TimeZone {
  let zone = zones.get(id);
  if (!zone) {
    zone = tabulated(id);
    zones.set(id, zone);
  }
  return zone;
}

function tabulated(id: string): TimeZone {
  readStretch(id, 0);
  const stretches = new Map<number, Stretch>();

  function stretchAt(at: EpochMs): Stretch {
    const number = Math.floor(at / STRETCH_MS);
    let stretch = stretches.get(number);
    if (!stretch) {
      stretch = readStretch(id, number);
      stretches.set(number, stretch);
    }
    return stretch;
  }

  function offsetAt(at: EpochMs): number {
    const { starts, offsets } = stretchAt(at);
    let i = starts.length - 1;
    while (i > 0 && (starts[i] as number) > at) i--;
    return offsets[i] as number;
  }

  function instantOf(wall: number): EpochMs {
    const before = offsetAt(wall - DAY_MS);
    const after = offsetAt(wall + DAY_MS);
    if (before === after) return wall - before;
    const early = wall - Math.max(before, after);
    const late = wall - Math.min(before, after);
    if (offsetAt(early) === wall - early) return early;
    if (offsetAt(late) === wall - late) return late;
    return transitionWithin(stretchAt, early, late);
  }

  return { id, offsetAt, instantOf };
}

/** A gap lies between the two readings of a wall clock that shows neither: its end is the transition between them. */
function transitionWithin(stretchAt: (at: EpochMs) => Stretch, early: EpochMs, late: EpochMs): EpochMs {
  for (const at of [early, late]) {
    const { starts } = stretchAt(at);
    for (let i = 1; i < starts.length; i++) {
      const start = starts[i] as number;
      if (start > early && start <= late) return start;
    }
  }
  return late;
}

function readStretch(id: string, number: number): Stretch {
  const start = number * STRETCH_MS;
  let moment: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(id);
  const starts = [start];
  const offsets = [moment.offsetNanoseconds / 1e6];
  for (;;) {
    moment = moment.getTimeZoneTransition('next');
    if (!moment || moment.epochMilliseconds >= start + STRETCH_MS) return { starts, offsets };
    starts.push(moment.epochMilliseconds);
    offsets.push(moment.offsetNanoseconds / 1e6);
  }
}
