import { hash } from 'node:crypto';
import type {
  DocumentRef,
  ProgramPublished,
  PurchaseRated,
  RatingCorrected,
  ReturnRated,
  TierChanged,
  TierCourse,
  TierOpened,
} from '@loyalty/contracts';
import type { IdempotencyKey, Work } from '@loyalty/event-store';
import { parseInstant, type StoredEvent } from '@loyalty/kernel';
import type { PointsInput } from './core/input.ts';
import type { PointsWriter } from './points-writer.ts';
import { termsOf } from './program-terms.ts';

/** Namespace of the keys under which documents that moved no points leave a trace, so that a till waiting for them is answered. */
export const NOTHING_MOVED = 'moved-nothing';

/** Subjects of documents without a member: nobody earns. */
const NOBODY = 'doc:';

/** A purchase rated for the first time; what it is worth from then on comes as corrections. */
export function rateOf(event: StoredEvent): Work<PointsInput> | null {
  if (event.subject.startsWith(NOBODY)) return null;
  const rating = JSON.parse(event.data) as PurchaseRated;
  const work = workOf(event, { kind: 'rate', rating, first: true, reason: 'purchase', ...withCourse(rating) });
  return rating.points === 0 ? traced(work, rating.purchase) : work;
}

export function reverseOf(event: StoredEvent): Work<PointsInput> | null {
  if (event.subject.startsWith(NOBODY)) return null;
  const rating = JSON.parse(event.data) as ReturnRated;
  const work = workOf(event, { kind: 'reverse', rating, ...withCourse(rating) });
  return rating.reversals.every(({ points }) => points === 0) ? traced(work, rating.return) : work;
}

export function correctionOf(event: StoredEvent): Work<PointsInput> | null {
  if (event.subject.startsWith(NOBODY)) return null;
  const corrected = JSON.parse(event.data) as RatingCorrected;
  const { cause, purchase, return: returned } = corrected;
  const course = withCourse(corrected);
  if (purchase) return workOf(event, { kind: 'rate', rating: purchase, first: false, reason: cause.kind, ...course });
  return returned ? workOf(event, { kind: 'reverse', rating: returned, ...course }) : null;
}

/** A tier that changed without a rating: by time, by a new version, or brought along. Rewards may be for some tiers only. */
export function tierOf(event: StoredEvent): Work<PointsInput> | null {
  const { program, course } = JSON.parse(event.data) as TierChanged | TierOpened;
  return course ? workOf(event, { kind: 'tier', program, course }) : null;
}

/**
 * A program version comes once a shard with the same id. Whichever is first makes the ledger learn its terms, for all shards at
 * once; the others find that done. Learned before the checkpoint moves, so a crash in between only asks again.
 */
export async function learn(writer: PointsWriter, events: readonly StoredEvent[]): Promise<readonly null[]> {
  for (const event of events) {
    const terms = termsOf(JSON.parse(event.data) as ProgramPublished);
    const time = parseInstant(terms.effectiveFrom) ?? event.time;
    const options = { key: boundKey('program', event.id, terms.program), causation: event.id };
    await writer.broadcast(`program:${terms.program}`, [{ type: 'terms.learned.v1', time, data: terms }], options);
  }
  return events.map(() => null);
}

const withCourse = ({ course }: { readonly course?: TierCourse | undefined }): { course?: TierCourse } =>
  course ? { course } : {};

function workOf({ subject, correlation, id, trace }: StoredEvent, input: PointsInput): Work<PointsInput> {
  return { subject, input, correlation, causation: id, trace };
}

function traced(work: Work<PointsInput>, document: DocumentRef): Work<PointsInput> {
  return { ...work, key: boundKey(NOTHING_MOVED, traceOf(document), work.subject) };
}

export const traceOf = ({ source, id }: DocumentRef): string => JSON.stringify([source, id]);

function boundKey(namespace: string, key: string, to: string): IdempotencyKey {
  return { namespace, key, hash: hash('sha256', to) };
}
