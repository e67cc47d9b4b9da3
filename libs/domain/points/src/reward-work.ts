import { hash } from 'node:crypto';
import type { Work } from '@loyalty/event-store';
import { canonicalJson } from '@loyalty/kernel';
import type { Approve, RefuseRequest } from './core/approval-input.ts';
import type { PointsInput } from './core/input.ts';
import type {
  AddCode,
  HoldPiece,
  Piece,
  RedeemReward,
  ReserveReward,
  ReturnPiece,
  SettlePiece,
} from './core/reward-input.ts';
import { rewardSubject } from './load-reward-states.ts';

/** The version of what a key's hash covers: a changed meaning of a field is a new one. */
const VERSION = 1;

/**
 * A redemption for a reward as work for the writer. It shares redemptions' keys. The key is bound to what the client gave, not to the
 * piece: whoever brings the redemption to its end asks with another piece, and finds what was decided first.
 */
export function rewardWork(
  member: string,
  key: string,
  given: Omit<RedeemReward, 'kind' | 'id' | 'piece'>,
  piece?: Piece,
): Work<PointsInput> {
  const input: RedeemReward = { kind: 'reward', id: key, ...given };
  return {
    subject: member,
    input: piece ? { ...input, piece } : input,
    key: { namespace: 'redeem', key, hash: bound(member, input) },
  };
}

/** A reservation for a reward as work for the writer; as with `rewardWork`, it is not bound to the piece. */
export function reserveRewardWork(
  member: string,
  key: string,
  given: Omit<ReserveReward, 'kind' | 'id' | 'piece'>,
  piece?: Piece,
): Work<PointsInput> {
  const input: ReserveReward = { kind: 'reserveReward', id: key, ...given };
  return {
    subject: member,
    input: piece ? { ...input, piece } : input,
    key: { namespace: 'redeem', key, hash: bound(member, input) },
  };
}

/** A redemption's name is its key: one piece for each, however often it is asked for. */
export function holdWork(given: Omit<HoldPiece, 'kind'>): Work<PointsInput> {
  const { program, reward, redemption, member } = given;
  const subject = rewardSubject(program, reward);
  const key = { namespace: 'hold', key: redemption, hash: bound(subject, { kind: 'hold', member }) };
  return { subject, input: { kind: 'hold', ...given }, key };
}

/** Needs no key: told a second time, no piece is held for it any more. */
export function settlePieceWork(given: Omit<SettlePiece, 'kind'>): Work<PointsInput> {
  return { subject: rewardSubject(given.program, given.reward), input: { kind: 'settlePiece', ...given } };
}

export function returnPieceWork(given: Omit<ReturnPiece, 'kind'>): Work<PointsInput> {
  const subject = rewardSubject(given.program, given.reward);
  const key = { namespace: 'return-piece', key: given.redemption, hash: bound(subject, { kind: 'returnPiece' }) };
  return { subject, input: { kind: 'returnPiece', ...given }, key };
}

/** A code is its own key, within its program: it comes into one pool, once. */
export function addCodeWork({ program, reward, code }: Omit<AddCode, 'kind'>): Work<PointsInput> {
  const subject = rewardSubject(program, reward);
  const input: AddCode = { kind: 'addCode', program, reward, code };
  return {
    subject,
    input,
    key: { namespace: `code:${program}`, key: code, hash: bound(subject, { kind: 'addCode' }) },
  };
}

/** The name of whoever decides is part of what the key is bound to: nobody gets another's answer. */
export function approveWork(member: string, key: string, given: Omit<Approve, 'kind'>): Work<PointsInput> {
  const input: Approve = { kind: 'approve', ...given };
  return { subject: member, input, key: { namespace: 'approve', key, hash: bound(member, input) } };
}

export function refuseWork(member: string, key: string, given: Omit<RefuseRequest, 'kind'>): Work<PointsInput> {
  const input: RefuseRequest = { kind: 'refuse', ...given };
  return { subject: member, input, key: { namespace: 'refuse', key, hash: bound(member, input) } };
}

const bound = (member: string, given: object): string =>
  hash('sha256', canonicalJson({ version: VERSION, member, ...given }));
