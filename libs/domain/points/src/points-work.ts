import { hash } from 'node:crypto';
import type { Work } from '@loyalty/event-store';
import { canonicalJson } from '@loyalty/kernel';
import type { CloseAccount, ReopenAccount } from './core/close-account.ts';
import type { Adjust, Capture, OpenLot, PointsInput, Redeem, Reserve, Send, Undo } from './core/input.ts';

/** The version of what a key's hash covers: a changed meaning of a field is a new one. */
const VERSION = 1;

/** A redemption as work for the writer. The client's key also names the redemption: there is one for each key. */
export function redeemWork(member: string, key: string, given: Omit<Redeem, 'kind' | 'id'>): Work<PointsInput> {
  return work(member, 'redeem', key, { kind: 'redeem', id: key, ...given });
}

/** A reservation as work for the writer. It shares redemptions' keys, for it becomes one when captured: no two have the same id. */
export function reserveWork(member: string, key: string, given: Omit<Reserve, 'kind' | 'id'>): Work<PointsInput> {
  return work(member, 'redeem', key, { kind: 'reserve', id: key, ...given });
}

/** @param code of the piece that was reserved, if one was; no part of what the key is bound to */
export function captureWork(
  member: string,
  key: string,
  given: Omit<Capture, 'kind' | 'code'>,
  code?: string,
): Work<PointsInput> {
  const input: Capture = { kind: 'capture', ...given };
  const bare = work(member, 'capture', key, input);
  return code === undefined ? bare : { ...bare, input: { ...input, code } };
}

export function voidWork(member: string, key: string, reservation: string): Work<PointsInput> {
  return work(member, 'void', key, { kind: 'void', reservation });
}

/** An undo as work for the writer. The client's key also names it. */
export function undoWork(member: string, key: string, given: Omit<Undo, 'kind' | 'id'>): Work<PointsInput> {
  return work(member, 'undo', key, { kind: 'undo', id: key, ...given });
}

/**
 * A transfer as work for the writer, its sender's part. The client's key also names the transfer and the lots it opens.
 * @param rooms of the receiver; what is known of them is no part of what the key is bound to
 */
export function sendWork(
  member: string,
  key: string,
  given: Omit<Send, 'kind' | 'id' | 'from' | 'rooms'>,
  rooms: Send['rooms'] = {},
): Work<PointsInput> {
  const input: Send = { kind: 'send', id: key, from: member, ...given };
  return { ...work(member, 'transfer', key, input), input: { ...input, rooms } };
}

/**
 * An adjustment as work for the writer. The client's key also names the adjustment and its lot. Who asks is no part of what the key
 * is bound to: a colleague may try again.
 */
export function adjustWork(
  member: string,
  key: string,
  given: Omit<Adjust, 'kind' | 'id' | 'by'>,
  by?: string,
): Work<PointsInput> {
  const asked = work(member, 'adjust', key, { kind: 'adjust', id: key, ...given });
  return by === undefined ? asked : { ...asked, input: { ...asked.input, by } as Adjust };
}

/** A closing or reopening as work for the writer. Who asks is no part of what the key is bound to, as with adjustments. */
export function accountWork(
  kind: 'close' | 'reopen',
  member: string,
  key: string,
  given: Omit<CloseAccount, 'kind' | 'by'>,
  by: string,
): Work<PointsInput> {
  const input: CloseAccount | ReopenAccount = { kind, ...given, by };
  return { subject: member, input, key: { namespace: kind, key, hash: bound(member, { kind, ...given }) } };
}

/** An opening balance as work for the writer: its reference is its key at every door. */
export function openLotWork(member: string, given: Omit<OpenLot, 'kind'>): Work<PointsInput> {
  return work(member, 'open', given.reference, { kind: 'open', ...given });
}

/** Writes what is due for a member. Needs no key: a second one finds nothing to do. */
export function settleWork(member: string): Work<PointsInput> {
  return { subject: member, input: { kind: 'settle' } };
}

function work(member: string, namespace: string, key: string, input: PointsInput): Work<PointsInput> {
  return { subject: member, input, key: { namespace, key, hash: bound(member, input) } };
}

const bound = (member: string, given: object): string =>
  hash('sha256', canonicalJson({ version: VERSION, member, ...given }));
