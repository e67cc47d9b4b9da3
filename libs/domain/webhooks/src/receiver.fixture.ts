import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a receiver got, in the order in which it came. */
export interface Got {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly event: {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly subject: string;
    readonly position: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export type Answering = (got: Got, response: ServerResponse) => void;

export interface Receiver {
  readonly url: string;
  readonly got: Got[];
  /** How it answers from now on. @default 204 */
  answer: Answering;
  /** Resolves when so many messages came in all; rejects after ten seconds, saying how many. */
  received(count: number): Promise<readonly Got[]>;
  close(): Promise<void>;
}

const PATIENCE_MS = 10_000;

export const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (_, response) =>
    void response.writeHead(code, headers).end();

/** A real HTTP server on this machine. */
export async function startReceiver(): Promise<Receiver> {
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    void read(request).then((got) => {
      receiver.got.push(got);
      receiver.answer(got, response);
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    got: [],
    answer: status(204),
    received: (count) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${receiver.got.length} of ${count} came`)), PATIENCE_MS);
        const look = (): void => {
          if (receiver.got.length < count) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve(receiver.got);
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

async function read(request: IncomingMessage): Promise<Got> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  const headers = request.headers as Record<string, string>;
  return { path: request.url ?? '', headers, body, event: JSON.parse(body) as Got['event'] };
}
