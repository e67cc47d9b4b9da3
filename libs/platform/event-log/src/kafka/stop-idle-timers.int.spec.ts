import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describeWithBroker } from '@loyalty/broker';

const CLIENT = new URL('./kafka-client.ts', import.meta.url).href;

/** Tells how many timers run a moment later, with a connection that has nothing to do. */
const program = (brokers: readonly string[]) => `
import { openKafkaClient } from ${JSON.stringify(CLIENT)};
const client = await openKafkaClient('kafkajs', { brokers: ${JSON.stringify(brokers)}, clientId: 'idle' });
await client.partitionsOf('none');
const { setTimeout: real } = globalThis;
let timers = 0;
globalThis.setTimeout = (...given) => (timers++, real(...given));
await new Promise((resolve) => real(resolve, 300));
await client.close();
console.log(timers);
`;

await describeWithBroker('a process with kafkajs', (brokers) => {
  it('warns of nothing, and sleeps while nothing is asked', async () => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program(brokers)];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } });
    const [out, told] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect(told).toBe('');
    expect(Number(out)).toBeLessThan(5);
  }, 60_000);
});
