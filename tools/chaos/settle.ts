import { setTimeout } from 'node:timers/promises';
import { SERVICES } from '@loyalty/app/apart';
import { INBOUND_PARTITIONS } from './retailer.ts';
import type { World } from './world.ts';

const LOOK_MS = 250;
const ANSWER_MS = 5_000;

interface Part {
  readonly status?: string;
  readonly lag?: number;
  readonly parked?: number;
  /** Of the retailer's topic, that this process reads. */
  readonly partitions?: number;
  readonly message?: string;
}

/**
 * Waits until every service is ready, and every consumer, relay and reader of the retailer's topic has reached the end of what it reads.
 * @returns what still stands in the way after `mostMs`, in words; none: settled
 */
export async function settle(world: World, mostMs: number): Promise<string[]> {
  const deadline = performance.now() + mostMs;
  for (;;) {
    const troubles = (await Promise.all(SERVICES.map((service) => troublesOf(world, service)))).flat();
    if (troubles.length === 0 || performance.now() > deadline) return troubles;
    await setTimeout(LOOK_MS);
  }
}

async function troublesOf(world: World, service: (typeof SERVICES)[number]): Promise<string[]> {
  try {
    const url = await world.service(service).ready;
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { details } = (await answer.json()) as { details: Readonly<Record<string, Part>> };
    return Object.entries(details).flatMap(([name, part]) => {
      const { status, lag = 0, parked = 0, partitions = INBOUND_PARTITIONS, message } = part;
      if (partitions < INBOUND_PARTITIONS) return [`${service}: ${name} has ${partitions} partitions`];
      if (status !== 'up') return [`${service}: ${name} is ${status}: ${message}`];
      if (parked > 0) return [`${service}: ${name} has parked ${parked} events`];
      return lag > 0 ? [`${service}: ${name} is ${lag} events behind`] : [];
    });
  } catch (error) {
    return [`${service} does not answer: ${(error as Error).message}`];
  }
}
