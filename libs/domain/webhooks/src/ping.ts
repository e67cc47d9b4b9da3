import type { EpochMs } from '@loyalty/kernel';
import { formatInstant } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { noteAttempt, validSecrets } from './delivery.ts';
import { HEADERS } from './dispatcher.ts';
import type { Sender } from './send.ts';
import { signedHeaders } from './sign.ts';

export interface Pinged {
  readonly delivered: boolean;
  readonly status?: number;
  readonly reason?: string;
  readonly durationMs: number;
}

const TYPE = 'webhook.ping';

/** Sends a signed message of no importance, once, also to a webhook that is disabled, and tells what came of it. */
export async function ping(
  pool: Pool,
  sender: Sender,
  { id: webhook, url }: { readonly id: string; readonly url: string },
  now: () => EpochMs,
  signal: AbortSignal,
): Promise<Pinged> {
  const id = uuidv7();
  const time = formatInstant(now());
  const event = { specversion: '1.0', id, source: 'webhooks', type: TYPE, subject: webhook, time };
  const body = JSON.stringify({ ...event, datacontenttype: 'application/json', data: {} });
  const secrets = await validSecrets(pool, webhook, now());
  const headers = { ...HEADERS, ...signedHeaders(id, body, secrets, now()) };
  const sent = await sender.send({ url, headers, body }, now, signal);
  const delivered = sent.reason === null;
  const of = { webhook, event: id, type: TYPE, subject: webhook, source: 'webhooks', shard: null, position: null };
  await noteAttempt(pool, { ...of, attempt: 1 }, delivered ? 'delivered' : 'failed', sent, now());
  return {
    delivered,
    ...(sent.status !== null && { status: sent.status }),
    ...(sent.reason !== null && { reason: sent.reason }),
    durationMs: sent.duration_ms,
  };
}
