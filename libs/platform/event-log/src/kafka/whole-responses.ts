import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const SIZE_BYTES = 4;
const ALIVE_MS = 60_000;

/**
 * Sockets that give kafkajs 2.2.4 whole responses only. It keeps what it has of a response when its connection ends, and takes the first bytes
 * of the next connection for the rest of it: from then on it reads lengths where there are none, and ends the process with a
 * RangeError, or waits for ever. Here what is left of a response goes with its socket.
 */
export const wholeResponses: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? connectTls({ host, port, ...(!isIP(host) && { servername: host }), ...ssl }, onConnect)
    : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, ALIVE_MS);
  return withWholeData(socket);
};

function withWholeData(socket: Socket): Socket {
  const on = socket.on.bind(socket) as (event: string, listener: (...args: never[]) => void) => Socket;
  socket.on = (event: string, listener: (...args: never[]) => void) =>
    on(event, event === 'data' ? whole(listener as (responses: Buffer) => void) : listener);
  return socket;
}

/** Collects what comes until one or more responses are whole, each its length and so many bytes. */
function whole(take: (responses: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = SIZE_BYTES;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < wanted) return;
    const data = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    let end = 0;
    wanted = SIZE_BYTES;
    while (data.length - end >= SIZE_BYTES) {
      const length = SIZE_BYTES + data.readInt32BE(end);
      if (data.length - end < length) {
        wanted = length;
        break;
      }
      end += length;
    }
    const rest = data.subarray(end);
    chunks = rest.length > 0 ? [rest] : [];
    held = rest.length;
    if (end > 0) take(data.subarray(0, end));
  };
}
