import type { DocumentRef } from '@loyalty/contracts';
import { looksPersonal, normalise, parseInstant, refusal, type EpochMs } from '@loyalty/kernel';
import { BadInputError, RefusalError } from '@loyalty/service';

const KEY_LENGTH = 200;
const ID_LENGTH = 200;
const ID = /^\S(.*\S)?$/su;
/** Subjects of documents without a member, of programs and of rewards. */
const RESERVED = ['doc:', 'program:', 'reward:'];

/**
 * A member whose points are to move. Nobody need have heard of it before.
 * @throws {BadInputError} where it is no id
 * @throws {RefusalError} `member_id_personal`, `member_id_reserved`; not kept under the key
 */
export function memberParameter(member: string, pointer = '/member', place: 'path' | 'body' = 'path'): string {
  if (!ID.test(member) || member.length > ID_LENGTH || member.includes('\0')) {
    throw new BadInputError([{ pointer, in: place, message: `must be an id of at most ${ID_LENGTH} characters` }]);
  }
  if (looksPersonal(member)) {
    const message = 'A member id must not be an e-mail address or a phone number: ids are opaque.';
    throw new RefusalError(refusal('member_id_personal', message, { pointer }));
  }
  if (RESERVED.some((prefix) => member.startsWith(prefix))) {
    const message = `A member id must not begin with ${RESERVED.join(' or ')}.`;
    throw new RefusalError(refusal('member_id_reserved', message, { pointer }));
  }
  return member;
}

/** An instant that was sent, or undefined. @throws {BadInputError} where it is none, or names no offset */
export function instantParameter(
  name: string,
  text: string | undefined,
  place: 'query' | 'body' = 'query',
): EpochMs | undefined {
  if (text === undefined) return undefined;
  const at = parseInstant(text);
  if (at !== undefined) return at;
  const message = 'must be an instant with its offset, like 2026-01-25T10:00:00+08:00';
  throw new BadInputError([{ pointer: `/${name}`, in: place, message }]);
}

/** @throws {BadInputError} where there is none, or one too long */
export function requiredKey(key: string | undefined): string {
  if (key !== undefined && key !== '' && key.length <= KEY_LENGTH) return key;
  const message = `must be given, at most ${KEY_LENGTH} characters`;
  throw new BadInputError([{ pointer: '/Idempotency-Key', in: 'header', message }]);
}

/** `source/id`; an id may hold slashes, a source's own are given as %2F. */
export function causeOf(text: string): DocumentRef {
  const slash = text.indexOf('/');
  const source = text.slice(0, slash).replaceAll(/%2f/gi, '/').replaceAll('%25', '%');
  return { source, id: text.slice(slash + 1) };
}

/**
 * What is asked of a reward, which has its price.
 * @throws {BadInputError} where there is none, or points or a purchase are named besides
 */
export function rewardAlone<T extends { readonly reward?: string | undefined }>({
  points,
  purchaseTotal,
  currency,
  ...asked
}: T & { readonly points?: number | undefined; readonly purchaseTotal?: string; readonly currency?: string }): Given<
  Omit<T, 'points' | 'purchaseTotal' | 'currency' | 'reward'>
> & { readonly reward: string } {
  if (asked.reward === undefined)
    throw new BadInputError([{ pointer: '/points', message: 'must be given, or a reward' }]);
  const [other] = Object.keys(given({ points, purchaseTotal, currency }));
  if (other !== undefined)
    throw new BadInputError([{ pointer: `/${other}`, message: 'must be left out: a reward has its price' }]);
  return given(asked) as never;
}

/** Amounts that are the same number are the same body. */
export function withTotal<T extends { readonly purchaseTotal?: string }>(body: T): T {
  return body.purchaseTotal === undefined ? body : { ...body, purchaseTotal: normalise(body.purchaseTotal) };
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that were left out: an absent field is not the same as one that says undefined. */
export function given<T extends object>(body: T): Given<T> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Given<T>;
}
