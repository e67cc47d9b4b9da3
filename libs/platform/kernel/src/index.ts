/**
 * The words of this house.
 *
 * member      who collects points; an opaque id
 * purchase    what a retailer sold to a member (or to nobody known) at a time, in lines
 * return      lines brought back; matched to the purchase lines they undo
 * void        a purchase that never happened
 * fact        purchase, return, void, program version: any order of arrival, same result
 * decision    redeem, adjust, reserve …: taken once, on arrival, never retaken
 * rating      what a purchase is worth under the program version in force at its own time, and why
 * program     the rules of a loyalty program; versions take effect at a date
 * tier        a member's standing; course = the tier steps already certain, into the future
 * lot         the points of one purchase (or opening, or adjustment), with their own activation and expiry
 * wallet      a member's lots in one program
 * bucket      where points stand: issued, held, reserved, spent, expired, reversed, sent, received, owed
 * posting     points moved in or out of a bucket; the postings of an event sum to zero
 * log         the events of one service; the system of record
 * shard       a part of a log with its own gap-free positions, chosen by the event's subject
 * head        the last position, hash and recorded time of a shard
 * checkpoint  how far a consumer has applied a shard of another service's log
 * reactor     what turns another service's event into work of its own
 * read model  a table that can be thrown away and rebuilt from a log
 */
export {
  addPeriod,
  endOf,
  endOfYearDay,
  leavesWindow,
  parsePeriod,
  parseYearDay,
  type CalendarUnit,
  type Period,
  type YearDay,
} from './calendar.ts';
export { canonicalJson } from './canonical.ts';
export { isCurrency, minorDigits } from './currency.ts';
export {
  add,
  compare,
  floor,
  floorDivide,
  minimum,
  multiply,
  negate,
  normalise,
  subtract,
  sum,
  type Decimal,
} from './decimal.ts';
export { cloudEventAttributes, type CloudEventAttributes } from './cloud-event.ts';
export type { LogPosition, NewEvent, StoredEvent } from './event.ts';
export { compareCodePoints, factOrder, type FactPlace } from './fact-order.ts';
export { looksPersonal } from './personal-id.ts';
export { refusal, type Refusal } from './refusal.ts';
export { DEFAULT_SHARDS, SHARD_HASH, shardOf } from './shard.ts';
export { timeZone, type TimeZone } from './time-zone.ts';
export { formatInstant, formatMicros, parseMicros, parseInstant, type EpochMicros, type EpochMs } from './time.ts';
