import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A TCP proxy on 127.0.0.1 that can be told to misbehave. */
export class Proxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #target: number | undefined;
  /** So many connections are refused yet. */
  #refusals = 0;
  #swallow: { readonly from: number; readonly refusals: number; readonly done: () => void } | undefined;
  #halve: { readonly answers: boolean; readonly done: () => void } | undefined;
  #delayMs = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.join(client));
  }

  /** Listens at once; until it has a target it closes what comes. */
  static async open(): Promise<Proxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Proxy(server);
  }

  forwardTo(port: number): void {
    this.#target = port;
  }

  /** Every answer comes later by this, in its order; 0: at once again, behind those still held. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends all connections; new ones are taken. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Ends all connections and refuses the next so many; 0 lets them in again. */
  refuse(connections: number): void {
    this.#refusals = connections;
    if (connections > 0) this.cut();
  }

  /**
   * Of the next piece, whichever way it goes, or of the next answer, the first half goes through; then its connection ends. Resolves
   * when that was done.
   */
  halve(which: 'any' | 'answer' = 'any'): Promise<void> {
    return new Promise((done) => (this.#halve = { answers: which === 'answer', done }));
  }

  /**
   * The next request of at least so many bytes goes through, its answer does not: all connections end instead, and so many new ones
   * are refused. Resolves when the answer was swallowed.
   */
  swallowAnswer(from: number, refusals: number): Promise<void> {
    return new Promise((done) => (this.#swallow = { from, refusals, done }));
  }

  /** Takes back what it was told and has not done yet. */
  behave(): void {
    this.#delayMs = 0;
    this.#refusals = 0;
    this.#swallow = undefined;
    this.#halve = undefined;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((closed) => this.#server.close(closed));
  }

  private join(client: Socket): void {
    if (this.#target === undefined || this.#refusals > 0) {
      if (this.#refusals > 0) this.#refusals--;
      return void client.destroy();
    }
    const server = connect(this.#target, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    let deaf: (() => void) | undefined;
    client.on('data', (chunk) => {
      if (this.#swallow !== undefined && chunk.length >= this.#swallow.from) {
        const { refusals, done } = this.#swallow;
        this.#swallow = undefined;
        deaf = done;
        this.#refusals = refusals;
      }
      if (this.#halve?.answers || !this.halved(chunk, server, client)) server.write(chunk);
    });
    const answer = this.inOrder(client);
    server.on('data', (chunk) => {
      if (deaf !== undefined) {
        deaf();
        this.cut();
      } else if (!this.halved(chunk, client, server)) answer(chunk);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  /** Whether this piece was the one to be halved. */
  private halved(chunk: Buffer, to: Socket, from: Socket): boolean {
    if (this.#halve === undefined) return false;
    const { done } = this.#halve;
    this.#halve = undefined;
    to.end(chunk.subarray(0, chunk.length >> 1), () => from.destroy());
    done();
    return true;
  }

  /** Writes pieces when their time has come, never one before the one that came before it. */
  private inOrder(to: Socket): (chunk: Buffer) => void {
    let held = 0;
    let last = 0;
    return (chunk) => {
      if (held === 0 && this.#delayMs === 0) return void to.write(chunk);
      held++;
      last = Math.max(last, performance.now() + this.#delayMs);
      const due = last;
      setTimeout(() => {
        held--;
        to.write(chunk);
      }, due - performance.now());
    };
  }
}
