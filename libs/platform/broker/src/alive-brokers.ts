import { once } from 'node:events';
import { connect } from 'node:net';

const METADATA = 3;
const VERSION = 6;
const PATIENCE_MS = 2_000;
/** Size, correlation id, throttle time; then the number of brokers. */
const COUNT_AT = 12;

/**
 * How many brokers the one at this port of 127.0.0.1 holds for alive, itself included; 0 when it does not answer. It takes connections
 * some moments before the controller counts it in, and until then no topic can be made.
 */
export async function aliveBrokers(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1').setTimeout(PATIENCE_MS, () => socket.destroy());
  try {
    await once(socket, 'connect');
    socket.write(metadataRequest());
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (answer.length >= COUNT_AT + 4) return answer.readInt32BE(COUNT_AT);
    }
    return 0;
  } catch {
    return 0;
  } finally {
    socket.destroy();
  }
}

/** Asks for no topic. */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(4 + 10 + 5);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(METADATA, 4);
  request.writeInt16BE(VERSION, 6);
  request.writeInt32BE(1, 8);
  // No client id.
  request.writeInt16BE(-1, 12);
  return request;
}
