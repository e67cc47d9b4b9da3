import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Proxy } from './proxy.ts';

describe('a proxy that misbehaves', () => {
  let echo: Server;
  let proxy: Proxy;

  beforeEach(async () => {
    echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await Proxy.open();
    proxy.forwardTo((echo.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy.close();
    await new Promise((closed) => echo.close(closed));
  });

  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  async function read(socket: Socket, bytes: number): Promise<string> {
    let text = '';
    while (text.length < bytes) text += String(((await once(socket, 'data')) as [Buffer])[0]);
    return text;
  }

  it('keeps the order of what it delays, also when the delay ends meanwhile', async () => {
    const socket = await open();
    socket.write('a');
    await read(socket, 1);
    proxy.delay(100);
    const answers = read(socket, 3);
    socket.write('1');
    await setTimeout(20);
    proxy.delay(0);
    socket.write('2');
    await setTimeout(5);
    socket.write('3');
    expect(await answers).toBe('123');
    socket.destroy();
  });

  it('lets half of a piece through and ends its connection, once', async () => {
    const socket = await open();
    const halved = proxy.halve();
    socket.write('12345678');
    await halved;
    await once(socket, 'close');
    const next = await open();
    next.write('whole');
    expect(await read(next, 5)).toBe('whole');
    next.destroy();
  });

  it('forgets what it was told and has not done yet', async () => {
    void proxy.halve();
    void proxy.swallowAnswer(1, 5);
    proxy.refuse(3);
    proxy.behave();
    const socket = await open();
    socket.write('whole');
    expect(await read(socket, 5)).toBe('whole');
    socket.destroy();
  });
});
