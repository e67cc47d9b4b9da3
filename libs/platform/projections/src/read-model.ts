import type { ExactModel } from '@loyalty/event-store';

/**
 * A table that can be thrown away and rebuilt from one log. `name` is the table's name in the service's schema; the service's
 * migrations create it, with a primary key. `sql` is the only implementation: live it gets a batch as `{events}`, on rebuild a
 * range of positions. What follows from that:
 * - it reads `{events}` and `{table}` and nothing else, selects the types it wants itself, and its outcome depends neither on
 *   how the events were cut into ranges nor on anything but them (no now(), no random());
 * - shards are applied independently, each in position order, so shards never share a row: where a row could be shared
 *   (a day's total), `shard` is part of the key and a view sums;
 * - an event about no single subject arrives once a shard with the same id: count it once (`WHERE shard = 0`), or not at all.
 */
export interface ReadModelDefinition extends ExactModel {
  /** `exact`: applied by the service's own writer in its group commit. `asynchronous`: applied behind the log by a runner. */
  readonly kind: 'exact' | 'asynchronous';
  /** The service whose log it reads; for `exact` the owning service itself. */
  readonly source: string;
  /** Column that holds the member (or other subject), named when a rebuilt row differs. @default the primary key is named */
  readonly subject?: string;
}

/** An exact read model as the decider lists it, with what rebuild must know besides. */
export function exactModel(source: string, model: ExactModel & { readonly subject?: string }): ReadModelDefinition {
  return { ...model, kind: 'exact', source };
}

/** A read model kept up behind a log: of the own service or of a foreign one. */
export function defineProjection(
  source: string,
  model: ExactModel & { readonly subject?: string },
): ReadModelDefinition {
  return { ...model, kind: 'asynchronous', source };
}
