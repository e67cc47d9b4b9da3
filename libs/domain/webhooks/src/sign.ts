import { createHmac, randomBytes } from 'node:crypto';
import type { EpochMs } from '@loyalty/kernel';

const PREFIX = 'whsec_';
/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** As its owner gets it, once: `whsec_…`. */
export function shownSecret(secret: Buffer): string {
  return PREFIX + secret.toString('base64');
}

/**
 * The headers of a delivery by Standard Webhooks 1.0.0: one `v1` signature for each secret that is valid, over `id.timestamp.body`.
 * @param now of this attempt: receivers refuse what is minutes old
 */
export function signedHeaders(
  id: string,
  body: string,
  secrets: readonly Buffer[],
  now: EpochMs,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => {
    return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
