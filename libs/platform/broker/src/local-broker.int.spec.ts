import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { aliveBrokers } from './alive-brokers.ts';
import { describeWithJars } from './describe-with-broker.ts';

const START_MS = 60_000;
const MOST_MS = 10_000;

/** Starts a broker, tells where, and lives on. */
const PROGRAM = `const { LocalBroker } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
const broker = await LocalBroker.start({ jars: process.argv[1] });
console.log(JSON.stringify({ pid: broker.pid, port: broker.port, dir: broker.dir }));
setInterval(() => undefined, 1_000);`;

await describeWithJars('a broker on this machine', (jars) => {
  it(
    'goes with whoever started it, also by kill -9, and leaves nothing behind',
    async () => {
      const parent = spawn(process.execPath, ['--conditions=@loyalty/source', '-e', PROGRAM, jars], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const { port, dir } = JSON.parse(line.toString()) as { port: number; dir: string };
      expect([await aliveBrokers(port), existsSync(dir)]).toEqual([1, true]);
      parent.kill('SIGKILL');
      const deadline = performance.now() + MOST_MS;
      while (((await aliveBrokers(port)) > 0 || existsSync(dir)) && performance.now() < deadline) await setTimeout(20);
      expect([await aliveBrokers(port), existsSync(dir)]).toEqual([0, false]);
    },
    START_MS,
  );
});
