import { setTimeout } from 'node:timers/promises';
import { eventOf, openKafkaClient, recordOf, type Feed, type KafkaRecord } from '@loyalty/event-log';
import { TOPIC_PREFIX, type World } from './world.ts';

const PATIENCE_MS = 10_000;

/**
 * The last records of every partition of a service's topic once more, to the byte: as a relay does that was thought dead.
 * @returns whether it could be done; the broker may be in trouble itself
 */
export async function republish(world: World, source: string, records: number): Promise<boolean> {
  const topic = `${TOPIC_PREFIX}${source}.events`;
  const client = await openKafkaClient('platformatic', { brokers: world.broker.brokers, clientId: 'chaos' });
  let feed: Feed | undefined;
  try {
    const ranges = await client.offsetsOf(topic);
    const found = new Map<number, KafkaRecord[]>();
    const { promise: all, resolve } = Promise.withResolvers<boolean>();
    const wanted = ranges.map(({ first, next }) => Math.max(first, next - records));
    let left = ranges.filter(({ next }, partition) => next > (wanted[partition] ?? 0)).length;
    feed = await client.feed(topic, {
      records(partition, batch) {
        const own = found.get(partition) ?? [];
        const next = ranges[partition]?.next ?? 0;
        if (own.length > 0 && (own.at(-1)?.offset ?? 0) >= next - 1) return;
        own.push(...batch.filter(({ offset }) => offset < next));
        found.set(partition, own);
        if ((own.at(-1)?.offset ?? 0) >= next - 1 && --left === 0) resolve(true);
      },
    });
    wanted.forEach((offset, partition) => {
      if ((ranges[partition]?.next ?? 0) > offset) feed?.read(partition, offset);
    });
    const whole = left === 0 || (await Promise.race([all, setTimeout(PATIENCE_MS, false)]));
    if (!whole || found.size === 0) return false;
    for (const [partition, own] of found)
      await client.send(
        topic,
        partition,
        own.map((each) => recordOf(eventOf(each))),
      );
    return true;
  } catch {
    return false;
  } finally {
    await feed?.close().catch(() => undefined);
    await client.close().catch(() => undefined);
  }
}
