import type { EventLogTransport, Follower, Following } from './transport.ts';

/** A service's own log by one transport, all others by another. Only its own events can statements read themselves. */
export class OwnAndOthers implements EventLogTransport {
  readonly #own: string;
  readonly #ownLog: EventLogTransport;
  readonly #others: EventLogTransport;

  constructor(service: string, ownLog: EventLogTransport, others: EventLogTransport) {
    this.#own = service;
    this.#ownLog = ownLog;
    this.#others = others;
  }

  follow(following: Following): Promise<Follower> {
    return (following.source === this.#own ? this.#ownLog : this.#others).follow(following);
  }

  tableOf(source: string): string | undefined {
    return source === this.#own ? this.#ownLog.tableOf?.(source) : undefined;
  }
}
