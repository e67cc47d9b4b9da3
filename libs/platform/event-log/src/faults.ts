/**
 * What an error means to a consumer.
 * moved      the checkpoint was not where we thought: another process, or a commit whose answer was lost
 * transient  the database's or the network's trouble, or a full queue: goes away by itself, whatever the event
 * poison     anything else: the event (or our code) is at fault, and trying again will not help for long
 */
export type Fault = 'moved' | 'transient' | 'poison';

/** Thrown by effects when a shard must stop although single events could be parked. Its message is the reason shown. */
export class ShardStoppedError extends Error {
  override name = 'ShardStoppedError';
}

/** Class 08 connection, 25 (25006: a replica, or failing over), 40 serialisation and deadlock, 53 resources (disk full), 55 locks, 57 shutdown, 58 I/O. */
const TRANSIENT_SQL = /^(08...|25006|40...|53...|55P03|55006|57...|58...)$/;
const TRANSIENT_NET = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const TRANSIENT_NAMES = new Set(['QueueFullError', 'StoreUnavailableError', 'ClockBehindError', 'WriterClosedError']);
/** pg has no codes for these. */
const TRANSIENT_TEXT =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed|Cannot use a pool after calling end)/;

export function faultOf(error: unknown): Fault {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every((each) => faultOf(each) === 'transient') ? 'transient' : 'poison';
  }
  if (!(error instanceof Error)) return 'poison';
  if (error.name === 'CheckpointMovedError') return 'moved';
  if (error.name === 'PoisonError') return 'poison';
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (TRANSIENT_NET.has(code) || TRANSIENT_SQL.test(code))) return 'transient';
  if (TRANSIENT_NAMES.has(error.name) || TRANSIENT_TEXT.test(error.message)) return 'transient';
  return error.cause === undefined ? 'poison' : faultOf(error.cause);
}

/** One line for health and `parked list`. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
