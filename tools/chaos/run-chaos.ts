import { setTimeout } from 'node:timers/promises';
import { SERVICES, type ServiceName } from '@loyalty/app/apart';
import { createRandom } from '@loyalty/app/random';
import { createPool } from '@loyalty/database';
import { inboundKept } from './checks/inbound-kept.ts';
import { keptOrder } from './checks/kept-order.ts';
import { recordedOnce } from './checks/recorded-once.ts';
import { sameUndisturbed } from './checks/undisturbed.ts';
import { verified } from './checks/verified.ts';
import { Client, type Acknowledged } from './client.ts';
import { appointments, KINDS, type Appointment, type FaultKind } from './fault.ts';
import { inject, lockOf } from './inject.ts';
import { load } from './load.ts';
import { Passages } from './passages.ts';
import { settle } from './settle.ts';
import { World } from './world.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Between two faults, on average. @default 2.5 */
  readonly everySeconds?: number;
  /** @default all that can be had here */
  readonly only?: readonly FaultKind[];
  /** Until the last fault is recovered from, the clients are answered, everything is at rest: for each of them. @default 120 */
  readonly patienceSeconds?: number;
  /** Modules loaded into every service: how the harness's own tests break the code. @default none */
  readonly preload?: readonly string[];
  readonly progress: (line: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  /** Injected, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** From the end of a fault until in every shard a purchase sent after it had its points; null where none was injected. */
  readonly recovery_ms: { readonly median: number | null; readonly worst: number | null };
  readonly violations: readonly string[];
  readonly ok: boolean;
  /** Commands that were answered, by what was answered. */
  readonly acknowledged: { readonly granted: number; readonly refused: number };
  /** Records that the broker acknowledged: documents, repetitions among them, and what is none. */
  readonly inbound: { readonly documents: number; readonly malformed: number };
  /** Kinds of faults that cannot be had on this machine, and why. */
  readonly left_out: Readonly<Partial<Record<FaultKind, string>>>;
}

const EVERY_S = 2.5;
const PAUSE_MS = 350;
const PATIENCE_S = 120;
const LOOK_MS = 100;
const CONFIRMING = 16;
const SHOWN = 40;

/** Breaks a running system for some minutes, waits until it has recovered, and looks whether every promise was kept. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, progress } = options;
  const random = createRandom(seed);
  const clients = clientsOf(createRandom(seed + 1));
  const world = await World.start({ clients, preload: options.preload ?? [], log: progress });
  const leftOut = typeof world.disk === 'string' ? { diskFull: world.disk } : {};
  for (const [kind, why] of Object.entries(leftOut)) progress(`LEFT OUT: ${kind}: ${why}`);
  let violations: readonly string[] = ['the run did not come to its end'];
  try {
    const client = new Client(world);
    const run = new Run(options, world, client);
    const among = (options.only ?? KINDS).filter((kind) => !(kind in leftOut));
    const everyMs = (options.everySeconds ?? EVERY_S) * 1_000;
    await run.disturb(appointments(random, options.minutes * 60_000, everyMs, among));
    violations = [...world.collapses, ...(await run.check())].slice(0, SHOWN);
    return { seed, ...run.figures(), violations, ok: violations.length === 0, left_out: leftOut };
  } finally {
    await world.close(violations.length > 0);
    if (violations.length > 0) progress(`What the services wrote: ${world.logFile}`);
  }
}

/** Both clients in one run, differently in each. */
function clientsOf(random: ReturnType<typeof createRandom>): Record<ServiceName, 'kafkajs' | 'platformatic'> {
  return Object.fromEntries(SERVICES.map((name) => [name, random.pick(['kafkajs', 'platformatic'])])) as Record<
    ServiceName,
    'kafkajs' | 'platformatic'
  >;
}

class Run {
  readonly #options: ChaosOptions;
  readonly #patience_s: number;
  readonly #world: World;
  readonly #client: Client;
  readonly #passages = new Passages();
  readonly #violations: string[] = [];
  readonly #injected: { readonly kind: FaultKind; readonly end: number }[] = [];

  constructor(options: ChaosOptions, world: World, client: Client) {
    this.#options = options;
    this.#patience_s = options.patienceSeconds ?? PATIENCE_S;
    this.#world = world;
    this.#client = client;
  }

  /** Load and faults at once; then load alone until the last fault is recovered from. */
  async disturb(plan: readonly Appointment[]): Promise<void> {
    const done = new AbortController();
    const giveUp = new AbortController();
    const loading = load({
      seed: this.#options.seed,
      client: this.#client,
      retailer: this.#world.retailer,
      passages: this.#passages,
      now: Date.now(),
      pauseMs: PAUSE_MS,
      done: done.signal,
      giveUp: giveUp.signal,
    });
    try {
      await this.keep(plan);
      await this.recovered();
    } finally {
      done.abort();
      const late = setTimeout(this.#patience_s * 1_000, undefined, { ref: false }).then(() => giveUp.abort());
      await loading;
      void late;
    }
    if (giveUp.signal.aborted) this.#violations.push(`clients were not answered for ${this.#patience_s} s`);
  }

  figures(): Pick<ChaosReport, 'faults' | 'recovery_ms' | 'acknowledged' | 'inbound'> {
    const faults: Partial<Record<FaultKind, number>> = {};
    for (const { kind } of this.#injected) faults[kind] = (faults[kind] ?? 0) + 1;
    const recovered = this.#injected
      .flatMap(({ end }) => this.#passages.recoveredMs(end) ?? [])
      .map(Math.round)
      .sort((a, b) => a - b);
    const { acknowledged: produced, malformed: wrong } = this.#world.retailer;
    const malformed = produced.filter(({ value }) => wrong.has(value)).length;
    const granted = this.#client.acknowledged.filter((each) => each.granted).length;
    return {
      faults,
      recovery_ms: { median: recovered[recovered.length >> 1] ?? null, worst: recovered.at(-1) ?? null },
      acknowledged: { granted, refused: this.#client.acknowledged.length - granted },
      inbound: { documents: produced.length - malformed, malformed },
    };
  }

  /** What was promised and not kept; the more expensive proofs only where the cheap ones hold. */
  async check(): Promise<string[]> {
    const { progress } = this.#options;
    progress('no more faults; waiting until everything is at rest');
    const troubles = await settle(this.#world, this.#patience_s * 1_000);
    this.#violations.push(...troubles.map((trouble) => `not at rest after ${this.#patience_s} s: ${trouble}`));
    const { acknowledged, sent, odd } = this.#client;
    const answered = acknowledged.filter(({ command }) => command.via === 'http');
    progress(`sending all ${answered.length} commands again that were answered over HTTP`);
    if (troubles.length === 0) await this.confirmAll(answered);
    this.#violations.push(...odd);
    const variables = { DATABASE_URL: this.#world.databaseUrl };
    const pool = createPool({ url: this.#world.databaseUrl, max: 4, name: 'chaos' });
    try {
      progress('comparing what was acknowledged with the logs');
      this.#violations.push(...(await recordedOnce(pool, acknowledged)), ...(await keptOrder(pool, acknowledged)));
      // Who is not at rest by now will not be; waiting for it would take another minute.
      if (troubles.length > 0) return this.#violations;
      progress('comparing the retailer’s topic with the dead letters');
      this.#violations.push(...(await inboundKept(pool, this.#world.retailer, this.#patience_s * 1_000)));
      progress('loyalty verify');
      this.#violations.push(...(await verified(variables)));
      if (this.#violations.length > 0) return this.#violations;
      progress('the same facts in one process, undisturbed');
      this.#violations.push(...(await sameUndisturbed(pool, sent, variables)));
      return this.#violations;
    } finally {
      await pool.end();
    }
  }

  private async keep(plan: readonly Appointment[]): Promise<void> {
    const began = performance.now();
    const locks = new Map<string, Promise<unknown>>();
    const under: Promise<void>[] = [];
    for (const { atMs, fault } of plan) {
      await setTimeout(Math.max(0, began + atMs - performance.now()));
      const lock = lockOf(fault);
      const before = lock === undefined ? undefined : locks.get(lock);
      const own = (async () => {
        await before;
        const end = await inject(this.#world, fault);
        this.tell(fault, end, performance.now() - began);
        if (end !== undefined) this.#injected.push({ kind: fault.kind, end });
      })().catch((error: unknown) => {
        this.#violations.push(`${fault.kind} could not be undone: ${(error as Error).message}`);
      });
      if (lock !== undefined) locks.set(lock, own);
      under.push(own);
    }
    await Promise.all(under);
  }

  private async recovered(): Promise<void> {
    const last = Math.max(0, ...this.#injected.map(({ end }) => end));
    const deadline = performance.now() + this.#patience_s * 1_000;
    while (this.#passages.recoveredMs(last) === undefined && performance.now() < deadline) await setTimeout(LOOK_MS);
    if (this.#passages.recoveredMs(last) === undefined)
      this.#violations.push(`some shard brought no points for ${this.#patience_s} s after the last fault`);
  }

  private async confirmAll(answered: readonly Acknowledged[]): Promise<void> {
    const left = [...answered];
    const signal = AbortSignal.timeout(this.#patience_s * 1_000);
    await Promise.all(
      Array.from({ length: CONFIRMING }, async () => {
        for (let each = left.pop(); each; each = left.pop()) await this.#client.confirm(each, signal);
      }),
    );
    if (signal.aborted) this.#violations.push('sending everything again took too long');
  }

  private tell(fault: object, end: number | undefined, at: number): void {
    const { kind, ...rest } = fault as { kind: string };
    const words = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
    const number = this.#injected.length + 1;
    const done = end === undefined ? 'not done, nothing was there to strike' : `fault ${number}`;
    const told = `${(at / 1000).toFixed(1)} s  ${done}: ${[kind, ...words].join(', ')}`;
    this.#options.progress(`${told}  (${this.#client.acknowledged.length} acknowledged)`);
  }
}
