import type { Relay } from '@loyalty/event-log';
import { readHeads } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { NotReadyError, type Readiness } from './readiness.ts';

/** A service's relay, and what its health is asked with. */
export interface PublishedLog {
  readonly relay: Relay;
  readonly service: string;
  readonly schema: string;
}

/**
 * One readiness check a relay of this process: its lag over the shards that it publishes is shown. A broker that is away is shown,
 * too, but the service stays ready: what it records is safe and published later. A shard that stopped needs people.
 */
export function addRelayChecks(readiness: Readiness, pool: Pool, published: readonly PublishedLog[]): void {
  for (const { relay, service, schema } of published) {
    readiness.add(`${service} relay`, async () => {
      const heads = new Map((await readHeads(pool, schema)).map(({ shard, position }) => [shard, position]));
      const own = relay.health().filter(({ state }) => state !== 'elsewhere');
      const lag = own.reduce((sum, { shard, position }) => sum + Math.max(0, (heads.get(shard) ?? 0) - position), 0);
      const reasons = (wanted: string): string[] =>
        own.filter(({ state }) => state === wanted).map(({ shard, reason }) => `shard ${shard}: ${reason}`);
      const figures = { shards: own.length, lag };
      const stopped = reasons('stopped');
      if (stopped.length > 0) throw new NotReadyError(`no longer published: ${stopped.join('; ')}`, figures);
      const waiting = reasons('waiting');
      return { ...figures, ...(waiting.length > 0 && { waiting: waiting.join('; ') }) };
    });
  }
}
