import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { wholeResponses } from './whole-responses.ts';

function response(text: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(text.length);
  return Buffer.concat([size, Buffer.from(text)]);
}

describe('a socket for kafkajs', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => new Promise((closed) => server.close(closed)));

  /** What comes through when the broker sends these pieces, one after the other, and ends the connection. */
  async function received(pieces: readonly Buffer[]): Promise<string[]> {
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const { port } = server.address() as AddressInfo;
    const socket = wholeResponses({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined });
    const got: string[] = [];
    socket.on('data', (data: Buffer) => void got.push(data.toString('latin1')));
    const ended = once(socket, 'end');
    const [peer] = await connected;
    peer.setNoDelay(true);
    for (const piece of pieces) await new Promise<void>((sent) => peer.write(piece, () => setImmediate(sent)));
    peer.end();
    await ended;
    socket.destroy();
    return got;
  }

  const text = (...responses: string[]): string => Buffer.concat(responses.map(response)).toString('latin1');

  it('gives whole responses, however they are cut', async () => {
    const all = Buffer.concat(['one', '', 'three and more', 'x'.repeat(100_000)].map(response));
    for (const size of [1, 3, 5, 4_096, all.length]) {
      const pieces: Buffer[] = [];
      // Of the long one, one byte at a time would take long.
      for (let at = 0; at < all.length; at += at < 40 ? size : 30_000)
        pieces.push(all.subarray(at, at + (at < 40 ? size : 30_000)));
      const got = await received(pieces);
      expect(got.join('')).toBe(all.toString('latin1'));
      for (const each of got) expect(each.length).toBe(lengthOf(each));
    }
  });

  it('gives nothing of a response whose connection ended in its middle', async () => {
    const half = response('half of this').subarray(0, 9);
    expect(await received([response('whole'), half])).toEqual([text('whole')]);
    expect(await received([half.subarray(0, 2)])).toEqual([]);
    expect(await received([response('the next connection')])).toEqual([text('the next connection')]);
  });

  /** Of the responses in it, by their own sizes. */
  function lengthOf(each: string): number {
    const data = Buffer.from(each, 'latin1');
    let end = 0;
    while (end < data.length) end += 4 + data.readInt32BE(end);
    return end;
  }
});
