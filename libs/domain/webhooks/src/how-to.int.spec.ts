import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { testDatabase } from '@loyalty/testing';
import { ping } from './ping.ts';
import { replay } from './replay.ts';
import { Sender } from './send.ts';
import { eventually, happen, installForTests, startFollowing, subscribe } from './webhooks.fixture.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The program that the page shows. */
function shownReceiver(): string {
  const page = readFileSync(`${root}docs/how-to/webhooks.md`, 'utf8');
  return /^```js\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

it('the receiver of the page takes what is sent, each event once, and refuses what is not signed with its secret', async () => {
  const copy = await testDatabase({ name: 'webhooks', prepare: installForTests });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/hooks`;
  const secret = await subscribe(copy.pool, 'page', url, ['points.*']);
  await subscribe(copy.pool, 'stranger', url, ['tier.*']);
  const env = { PATH: process.env['PATH'], PORT: String(port), WEBHOOK_SECRET: secret };
  const receiver = spawn(process.execPath, ['--input-type=module', '-e', shownReceiver()], { cwd: root, env });
  let printed = '';
  let failed = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  receiver.stderr.setEncoding('utf8').on('data', (text: string) => (failed += text));
  const sender = new Sender({ privateTargets: true });
  const pinged = (id: string) => ping(copy.pool, sender, { id, url }, Date.now, new AbortController().signal);
  const running = await startFollowing(copy);
  try {
    await eventually(async () => (await pinged('page')).delivered);
    expect(await pinged('stranger')).toMatchObject({ delivered: false, status: 401 });
    printed = '';
    await happen(copy.pool, 'points', [
      { type: 'points.earned.v1', subject: 'm-1', data: { points: 37 } },
      { type: 'points.redeemed.v1', subject: 'm-1', data: { points: 5 } },
    ]);
    await eventually(async () => printed.includes('redeemed'));
    await replay(copy.pool, running.follower.reach, 'page', { from: 0 });
    await happen(copy.pool, 'points', [{ type: 'points.expired.v1', subject: 'm-1', data: { points: 2 } }]);
    await eventually(async () => printed.includes('expired'));
    expect(printed.trim().split('\n')).toEqual([
      'points.earned.v1 m-1 {"points":37}',
      'points.redeemed.v1 m-1 {"points":5}',
      'points.expired.v1 m-1 {"points":2}',
    ]);
    expect(failed).toBe('');
  } finally {
    receiver.kill();
    sender.close();
    await running.close();
    await copy.close();
  }
});
