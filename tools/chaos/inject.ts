import { setTimeout } from 'node:timers/promises';
import type { Fault, FaultKind, Link } from './fault.ts';
import { republish } from './republish.ts';
import type { World } from './world.ts';

/** A swallowed or halved message is waited for this long; then nothing was said on that link. */
const QUIET_MS = 2_000;
const DATABASE_BACK_MS = 60_000;
const LOOK_MS = 20;

/**
 * Does the fault and undoes it. Resolves with the moment (`performance.now()`) from which nothing stands in the way of recovering any
 * more; undefined where it could not be done (nothing was running to be struck).
 */
export type Inject<F extends Fault> = (world: World, fault: F) => Promise<number | undefined>;

type Injections = { readonly [Kind in FaultKind]: Inject<Extract<Fault, { readonly kind: Kind }>> };

const injections: Injections = {
  async kill(world, { service }) {
    return signal(world.service(service).pid, 'SIGKILL');
  },
  async stop(world, { service, ms }) {
    return pause(world.service(service).pid, ms);
  },
  async killBroker(world, { ms }) {
    await world.broker.kill();
    await setTimeout(ms);
    const end = performance.now();
    await world.broker.resume();
    return end;
  },
  async stopBroker(world, { ms }) {
    return pause(world.broker.pid, ms);
  },
  async killDatabase(world) {
    const end = signal(world.databasePid, 'SIGKILL');
    await databaseBack(world);
    return end;
  },
  async diskFull({ disk }, { ms }) {
    if (typeof disk === 'string') return undefined;
    try {
      await disk.fill();
      await setTimeout(ms);
    } finally {
      await disk.free();
    }
    return performance.now();
  },
  async cut(world, { link }) {
    for (const proxy of proxiesOf(world, link)) proxy.cut();
    return performance.now();
  },
  async halve(world, { link }) {
    return once(world, link, (proxy) => proxy.halve());
  },
  async swallow(world, { link }) {
    return once(world, link, (proxy) => proxy.swallowAnswer(1, 0));
  },
  async delay(world, { link, ms, byMs }) {
    const proxies = proxiesOf(world, link);
    for (const proxy of proxies) proxy.delay(byMs);
    await setTimeout(ms);
    for (const proxy of proxies) proxy.delay(0);
    return performance.now();
  },
  async rebalance(world, { service, instances, ms }) {
    const added = Array.from({ length: instances }, () => world.add(service));
    // Half of the time they are gone before they are ready.
    await setTimeout(ms);
    const end = performance.now();
    await Promise.all(added.map((extra, i) => world.remove(extra, i % 2 === 0)));
    return end;
  },
  async duplicate(world, { source, records }) {
    return (await republish(world, source, records)) ? performance.now() : undefined;
  },
  async lose(world, { service }) {
    world.control.lost[service] = (world.control.lost[service] ?? 0) + 1;
    world.tell();
    return performance.now();
  },
  async clock(world, { service, byMs, ms }) {
    world.control.clockMs[service] = byMs;
    world.tell();
    await setTimeout(ms);
    delete world.control.clockMs[service];
    world.tell();
    return performance.now();
  },
};

/** @throws {Error} when what was broken cannot be brought back */
export function inject(world: World, fault: Fault): Promise<number | undefined> {
  return (injections[fault.kind] as Inject<Fault>)(world, fault);
}

/** Faults of one lock do not overlap: what is down cannot be struck. */
export function lockOf(fault: Fault): string | undefined {
  switch (fault.kind) {
    case 'killBroker':
    case 'stopBroker':
    case 'duplicate':
      return 'broker';
    case 'killDatabase':
    case 'diskFull':
      return 'database';
    case 'halve':
    case 'swallow':
    case 'delay':
      return `link ${fault.link}`;
    case 'clock':
    case 'stop':
      return `${fault.kind} ${fault.service}`;
    case 'rebalance':
      return fault.kind;
    case 'kill':
    case 'cut':
    case 'lose':
      return undefined;
  }
}

function proxiesOf({ links }: World, link: Link) {
  return link === 'http' ? [...links.http.values()] : [links[link]];
}

async function once(
  world: World,
  link: Link,
  tell: (proxy: ReturnType<typeof proxiesOf>[number]) => Promise<void>,
): Promise<number | undefined> {
  const proxies = proxiesOf(world, link);
  const done = await Promise.race([Promise.race(proxies.map(tell)).then(() => true), setTimeout(QUIET_MS, false)]);
  for (const proxy of proxies) proxy.behave();
  return done ? performance.now() : undefined;
}

function signal(pid: number | undefined, name: NodeJS.Signals): number | undefined {
  if (pid === undefined) return undefined;
  try {
    process.kill(pid, name);
    return performance.now();
  } catch {
    return undefined;
  }
}

async function pause(pid: number | undefined, ms: number): Promise<number | undefined> {
  if (signal(pid, 'SIGSTOP') === undefined) return undefined;
  await setTimeout(ms);
  // Killed in the meantime, it is simply gone.
  signal(pid, 'SIGCONT');
  return performance.now();
}

/** Its keeper brings it back, on the same port if nobody took it. */
async function databaseBack(world: World): Promise<void> {
  const before = world.databasePid;
  const deadline = performance.now() + DATABASE_BACK_MS;
  while (world.databasePid === before || world.databasePid === undefined) {
    if (performance.now() > deadline) throw new Error(`PostgreSQL did not come back in ${DATABASE_BACK_MS} ms`);
    await setTimeout(LOOK_MS);
  }
  world.followDatabase();
}
