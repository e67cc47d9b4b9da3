import { fileURLToPath } from 'node:url';

/** Every service that runs as a process of its own, in the order in which a purchase passes through them. */
export const SERVICES = [
  'purchase-ingest',
  'tier-engine',
  'points-ledger',
  'feedback',
  'analytics',
  'webhooks',
] as const;

export type ServiceName = (typeof SERVICES)[number];

/** The program of a service, as it was built. */
export function programOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../../${service}/dist/main.js`, import.meta.url));
}
