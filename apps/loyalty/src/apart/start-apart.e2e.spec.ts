import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWithBroker } from '@loyalty/broker';
import { openKafkaClient } from '@loyalty/event-log';
import { isAlive, loyalty, postmaster, temporaryHome, type Spawned } from '../process.fixture.ts';
import { SERVICES, type ServiceName } from './service-names.ts';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const TIMEOUT_MS = 180_000;
const MOST_MS = 60_000;

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${MOST_MS} ms in vain for ${holds}`);
    await setTimeout(50);
  }
}

/** As whoever copies a command into a shell has it: without what npm puts in front, and so perhaps with an older Node. */
function pathOfTheirs(): string {
  const own = (folder: string): boolean => `${folder}/`.startsWith(REPOSITORY);
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !own(folder))
    .join(delimiter);
}

/** Every process that a service has had so far, the last one last. */
function processesOf(service: ServiceName, { out }: Spawned): number[] {
  const told = out.stdout.matchAll(new RegExp(`^${service} +\\| answers at \\S+, process (\\d+)$`, 'gm'));
  return [...told].map(([, pid]) => Number(pid));
}

await describeWithBroker('loyalty start --kafka', (brokers) => {
  const inbound = `apart.${process.pid}.${Date.now()}.inbound`;
  const own = { KAFKA_INBOUND_TOPIC: inbound, KAFKA_DEAD_LETTER_TOPIC: `${inbound}.dead` };
  const variables = { KAFKA_BROKERS: brokers.join(','), ...own, PORT: '0', LOG_LEVEL: 'error' };
  let place: Awaited<ReturnType<typeof temporaryHome>>;
  let running: Spawned;
  let key: string;

  beforeAll(async () => {
    place = await temporaryHome();
    running = start();
    await running.line(/^ready/m);
    key = (await running.line(/(loyalty_\S+)/))[1] as string;
  }, TIMEOUT_MS);

  afterAll(async () => {
    running.child.kill('SIGKILL');
    await running.ended();
    await place.remove();
  }, TIMEOUT_MS);

  function start(): Spawned {
    const KAFKA_TOPIC_PREFIX = `apart.${process.pid}.${Date.now()}.`;
    return loyalty(['start', '--kafka'], place.home, { ...variables, KAFKA_TOPIC_PREFIX });
  }

  async function ask(service: ServiceName, path: string, body?: object): Promise<Response> {
    const [, url] = new RegExp(`^  ${service} +(\\S+)/docs$`, 'm').exec(running.out.stdout) as RegExpExecArray;
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    return fetch(`${url}${path}`, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  }

  async function pointsOf(id: string): Promise<string> {
    const lines = [{ item: 'coffee', quantity: '1', unitPrice: '19.90' }];
    const purchase = { source: 'till', id, member: 'M-1', at: '2026-05-06T10:00:00Z', currency: 'CNY', lines };
    expect((await ask('purchase-ingest', '/v1/purchases', purchase)).status).toBe(201);
    const receipt = await ask('points-ledger', `/v1/members/M-1/entries?cause=till/${id}&wait=30`);
    return `${receipt.status} ${await receipt.text()}`;
  }

  it(
    'runs every service as a process of its own, which together turn a purchase into points',
    async () => {
      const pids = SERVICES.map((service) => processesOf(service, running)[0]);
      expect(new Set(pids).size).toBe(SERVICES.length);
      expect(await pointsOf('1')).toMatch(/^200 .*\b19\b/);
    },
    TIMEOUT_MS,
  );

  it(
    'takes in the purchase that it says how to send over Kafka, by the command that it prints',
    async () => {
      const client = await openKafkaClient('platformatic', { brokers, clientId: 'retailer' });
      await client.createTopic(inbound, 2, 1);
      await client.close();
      const [, command = ''] = /^Send one over Kafka:\n([\s\S]*?)\nready/m.exec(running.out.stdout) ?? [];
      const sent = spawnSync('sh', ['-c', command], {
        cwd: REPOSITORY,
        env: { PATH: pathOfTheirs() },
        encoding: 'utf8',
      });
      expect([sent.status, sent.stdout]).toEqual([0, '']);
      const receipt = await ask('points-ledger', '/v1/members/M-1/entries?cause=till-7/2&wait=30');
      expect(`${receipt.status} ${await receipt.text()}`).toMatch(/^200 .*\b19\b/);
    },
    TIMEOUT_MS,
  );

  it(
    'starts a service again that was killed, loudly and where it was, and goes on',
    async () => {
      const [before = 0] = processesOf('tier-engine', running);
      process.kill(before, 'SIGKILL');
      await until(() => processesOf('tier-engine', running).length === 2);
      expect(running.out.stdout).toMatch(/^tier-engine +\| DIED \(SIGKILL\); started again in \d+ ms$/m);
      const addresses = [...running.out.stdout.matchAll(/^tier-engine +\| answers at (\S+),/gm)].map(([, url]) => url);
      expect(new Set(addresses).size).toBe(1);
      expect(await pointsOf('2')).toMatch(/^200 .*\b19\b/);
    },
    TIMEOUT_MS,
  );

  it(
    'ends them all by one signal, and the database last',
    async () => {
      const pids = SERVICES.flatMap((service) => processesOf(service, running));
      running.child.kill('SIGINT');
      expect(await running.ended()).toEqual([null, 'SIGINT']);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(postmaster(place.home)).toBeUndefined();
      expect(running.out.stdout.match(/DIED/g)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it(
    'killed, leaves nothing behind',
    async () => {
      running = start();
      await running.line(/^ready/m);
      const pids = SERVICES.flatMap((service) => processesOf(service, running));
      running.child.kill('SIGKILL');
      await until(() => pids.every((pid) => !isAlive(pid)) && postmaster(place.home) === undefined);
    },
    TIMEOUT_MS,
  );
});
