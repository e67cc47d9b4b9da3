import type { ServiceName } from '@loyalty/app/apart';
import type { Random } from '@loyalty/app/random';

/** What connects the services with each other, with their database and with their clients; each goes through a proxy. */
export type Link = 'database' | 'kafka' | 'http';

/**
 * kill, stop: a service, by SIGKILL or SIGSTOP. killBroker, stopBroker, killDatabase: the same for what they stand on.
 * cut: a link's connections end. delay: its answers come late. halve: half of a message passes, then its connection ends.
 * swallow: a request passes, its answer does not. rebalance: instances of a service come and go. duplicate: records of a topic are
 * published again. lose: a Kafka client hands over a batch with a hole. clock: a service's clock is stepped. diskFull: the database's.
 */
export type Fault = { readonly kind: string } & (
  | { readonly kind: 'kill' | 'lose'; readonly service: ServiceName }
  | { readonly kind: 'stop'; readonly service: ServiceName; readonly ms: number }
  | { readonly kind: 'killBroker' | 'stopBroker' | 'diskFull'; readonly ms: number }
  | { readonly kind: 'killDatabase' }
  | { readonly kind: 'cut' | 'halve' | 'swallow'; readonly link: Link }
  | { readonly kind: 'delay'; readonly link: Link; readonly ms: number; readonly byMs: number }
  | { readonly kind: 'rebalance'; readonly service: ServiceName; readonly instances: number; readonly ms: number }
  | { readonly kind: 'duplicate'; readonly source: 'purchases' | 'tiers' | 'points'; readonly records: number }
  | { readonly kind: 'clock'; readonly service: ServiceName; readonly byMs: number; readonly ms: number }
);

export type FaultKind = Fault['kind'];

/** A fault and when it comes, in ms after the first purchase. */
export interface Appointment {
  readonly atMs: number;
  readonly fault: Fault;
}

/** Those that a purchase passes through are struck more often than those that only look on. */
const STRUCK = [
  ['purchase-ingest', 3],
  ['tier-engine', 4],
  ['points-ledger', 4],
  ['feedback', 1],
  ['analytics', 1],
  ['webhooks', 1],
] as const satisfies readonly (readonly [ServiceName, number])[];
const SHARING = ['purchase-ingest', 'tier-engine', 'points-ledger'] as const;
const READING = ['tier-engine', 'points-ledger'] as const;
const LINKS = ['database', 'kafka', 'http'] as const;
const FIRST_MS = 1_000;

/** So much of each kind. What takes everything down is rarer: the rest would never be tried on a system that works. */
const WEIGHTS = {
  kill: 22,
  stop: 12,
  cut: 14,
  delay: 10,
  halve: 10,
  swallow: 10,
  duplicate: 8,
  lose: 5,
  clock: 6,
  rebalance: 6,
  killBroker: 4,
  stopBroker: 4,
  killDatabase: 4,
  diskFull: 2,
} as const satisfies Record<FaultKind, number>;

export const KINDS = Object.keys(WEIGHTS) as readonly FaultKind[];

/**
 * The faults of a run: the same for the same seed, length and kinds. Gaps are exponential, so some overlap.
 * @param among at least one kind
 */
export function appointments(
  random: Random,
  forMs: number,
  everyMs: number,
  among: readonly FaultKind[],
): Appointment[] {
  const kinds = among.map((kind) => [kind, WEIGHTS[kind]] as const);
  const list: Appointment[] = [];
  let atMs = FIRST_MS;
  while (atMs < forMs) {
    list.push({ atMs: Math.round(atMs), fault: draw(random, random.weighted(kinds)) });
    atMs += -Math.log(1 - random.next()) * everyMs;
  }
  return list;
}

function draw(random: Random, kind: FaultKind): Fault {
  const service = random.weighted(STRUCK);
  const link = random.pick(LINKS);
  switch (kind) {
    case 'kill':
      return { kind, service };
    case 'lose':
      return { kind, service: random.pick(READING) };
    case 'stop':
      return { kind, service, ms: random.between(300, 4_000) };
    case 'killBroker':
      return { kind, ms: random.between(0, 2_000) };
    case 'stopBroker':
      return { kind, ms: random.between(300, 3_000) };
    case 'diskFull':
      return { kind, ms: random.between(500, 2_500) };
    case 'killDatabase':
      return { kind };
    case 'cut':
    case 'halve':
    case 'swallow':
      return { kind, link };
    case 'delay':
      return { kind, link, ms: random.between(500, 4_000), byMs: random.between(20, 400) };
    case 'rebalance':
      return { kind, service: random.pick(SHARING), instances: random.between(1, 2), ms: random.between(2_000, 7_000) };
    case 'duplicate':
      return { kind, source: random.pick(['purchases', 'tiers', 'points']), records: random.between(1, 40) };
    case 'clock':
      return { kind, service, byMs: random.between(-90_000, 90_000), ms: random.between(1_000, 6_000) };
  }
}
