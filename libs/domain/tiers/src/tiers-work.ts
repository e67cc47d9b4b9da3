import { createHash } from 'node:crypto';
import type { PurchaseAmended, PurchaseRecorded, PurchaseReturned, PurchaseVoided } from '@loyalty/contracts';
import type { Work } from '@loyalty/event-store';
import { canonicalJson, parseInstant, type EpochMs, type StoredEvent } from '@loyalty/kernel';
import type { Basis } from './core/basis.ts';
import type { OpenTier, TiersInput } from './core/commands.ts';

/** The version of what a key's hash covers: a changed meaning of a field is a new one. */
const VERSION = 1;

/** The subject of a document without a member is made of its own id and begins like this; no member's id does. */
const NOBODY = 'doc:';

/** Tenders that some program may not let earn; no other one can change a rating. */
const UNEARNING = new Set(['giftCard', 'points']);

/** A tier brought along from an earlier system. The reference makes it once. */
export function openTierWork(member: string, opening: Omit<OpenTier, 'kind'>): Work<TiersInput> {
  const input: OpenTier = { kind: 'openTier', ...opening };
  const hash = createHash('sha256')
    .update(canonicalJson({ version: VERSION, member, ...input }))
    .digest('hex');
  return { subject: member, input, key: { namespace: 'tier-opening', key: opening.reference, hash } };
}

/** Says what is different for a member since programs were published. */
export function rerateWork(member: string): Work<TiersInput> {
  return { subject: member, input: { kind: 'rerate' } };
}

/** What a fact of the purchases' log means here. Documents of nobody known mean nothing. */
export function workOf(event: StoredEvent): Work<TiersInput> | null {
  const { subject, correlation, id, trace } = event;
  if (subject.startsWith(NOBODY)) return null;
  return { subject, input: inputOf(event), correlation, causation: id, trace };
}

function inputOf({ type, data }: StoredEvent): TiersInput {
  const fact: unknown = JSON.parse(data);
  switch (type) {
    case 'purchase.recorded.v1':
      return purchaseInput(fact as PurchaseRecorded);
    case 'purchase.returned.v1':
      return returnInput(fact as PurchaseReturned);
    case 'purchase.amended.v1': {
      const { return: document, lines } = fact as PurchaseAmended;
      return { kind: 'amended', ...document, matches: lines.flatMap((line) => line.matches) };
    }
    case 'purchase.voided.v1': {
      const { source, id } = fact as PurchaseVoided;
      return { kind: 'void', source, id };
    }
    default:
      throw new TypeError(`${type} is no fact of a purchase`);
  }
}

function purchaseInput({ source, id, at, ...document }: PurchaseRecorded): TiersInput {
  return { kind: 'purchase', source, id, at: instant(at), basis: basisOf(document) };
}

function basisOf({
  currency,
  program,
  discount,
  tenders,
  lines,
}: Pick<PurchaseRecorded, 'currency' | 'program' | 'discount' | 'tenders' | 'lines'>): Basis {
  const unearning = tenders.filter(({ type }) => UNEARNING.has(type));
  return {
    currency,
    named: program,
    discount: discount === '0' ? undefined : discount,
    tenders: unearning.length > 0 ? unearning : undefined,
    lines,
  };
}

function returnInput({ source, id, program, at, lines, mixed }: PurchaseReturned): TiersInput {
  const matches = lines.flatMap((line) => line.matches);
  return { kind: 'return', source, id, at: instant(at), named: program, mixed: mixed === true, matches };
}

const instant = (text: string): EpochMs => parseInstant(text) as EpochMs;
