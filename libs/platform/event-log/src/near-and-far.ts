import type { EventLogTransport, Follower, Following } from './transport.ts';

/** Some services' logs by one transport, all others by another. Only those that are near can statements read themselves. */
export class NearAndFar implements EventLogTransport {
  readonly #isNear: (source: string) => boolean;
  readonly #near: EventLogTransport;
  readonly #far: EventLogTransport;

  constructor(isNear: (source: string) => boolean, near: EventLogTransport, far: EventLogTransport) {
    this.#isNear = isNear;
    this.#near = near;
    this.#far = far;
  }

  follow(following: Following): Promise<Follower> {
    return (this.#isNear(following.source) ? this.#near : this.#far).follow(following);
  }

  tableOf(source: string): string | undefined {
    return this.#isNear(source) ? this.#near.tableOf?.(source) : undefined;
  }
}
