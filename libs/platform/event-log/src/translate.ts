import type { SourceWork, Work } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';

/**
 * Makes of another service's events, all of one type and one shard, in position order, work of one's own: one entry an event,
 * null where there is nothing to do. Translation only; what is decided is decided by the decider.
 */
export type Handler<Input> = (
  events: readonly StoredEvent[],
) => Promise<readonly (Work<Input> | null)[]> | readonly (Work<Input> | null)[];

/** By event type. Types without a handler are of no concern to the consumer and pass by. */
export type Handlers<Input> = Readonly<Record<string, Handler<Input>>>;

/** The work of a run of events in their order, each handler called once with all its events. Rejects with what a handler threw. */
export async function translate<Input>(
  handlers: Handlers<Input>,
  events: readonly StoredEvent[],
): Promise<SourceWork<Input>[]> {
  const places = new Map<string, number[]>();
  for (const [i, { type }] of events.entries()) {
    if (!Object.hasOwn(handlers, type)) continue;
    const known = places.get(type);
    if (known === undefined) places.set(type, [i]);
    else known.push(i);
  }
  const work: (SourceWork<Input> | null)[] = Array.from(events, () => null);
  for (const [type, at] of places) {
    const answer = await (handlers[type] as Handler<Input>)(at.map((i) => events[i] as StoredEvent));
    if (!Array.isArray(answer) || answer.length !== at.length) {
      throw new TypeError(
        `the handler of ${type} got ${at.length} events and must answer with as many entries (work or null)`,
      );
    }
    for (const [n, i] of at.entries()) {
      const made = (answer as (Work<Input> | null)[])[n] ?? null;
      const { position, hash } = events[i] as StoredEvent;
      work[i] = made && { ...made, position, hash };
    }
  }
  return work.filter((each) => each !== null);
}
