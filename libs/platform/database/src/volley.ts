import type { PoolClient } from 'pg';

/** A statement that is parsed and planned once a connection. No other statement of the connection has its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** One statement of a volley; parameters in wire form: Buffers are binary, strings text. */
export interface Shot {
  readonly statement: Statement;
  readonly values: readonly (Buffer | string)[];
  /** The rows, where the statement is COPY FROM STDIN. Sent unasked: after an error the server throws them away. */
  readonly rows?: Buffer;
}

/** Rows go in pieces: a message of PostgreSQL's ends at 1 GB. */
const PIECE_BYTES = 1_048_576;

/** What `pg` offers to classes that speak the protocol themselves (pg-cursor, pg-copy-streams do). */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly (Buffer | string)[] }): void;
  execute(message?: undefined): void;
  close(message: { type: 'S'; name: string }): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sync(): void;
}

/** What was parsed on a connection, by name; false = it is unsure whether the server has it. */
const parsed = new WeakMap<PoolClient, Map<string, boolean>>();

/**
 * Several statements and one Sync, in one round trip: outside a transaction they are one, committed at the end. After an error the
 * server skips the rest. Compared with pg's own pipelining there is neither a Describe nor a Sync for each statement, and no
 * Result object: half the messages. Nothing else may be under way on the connection.
 * @returns the command tag of the last statement
 */
export async function fire(client: PoolClient, shots: readonly Shot[]): Promise<string> {
  let prepared = parsed.get(client);
  if (prepared === undefined) parsed.set(client, (prepared = new Map()));
  const volley = new Volley(shots, prepared);
  const pipelined = client as PoolClient & { pipeline: boolean };
  const { pipeline } = pipelined;
  // pg looks at it whenever it is about to send, and lets others speak the protocol only without it.
  pipelined.pipeline = false;
  try {
    client.query(volley as never);
    return await volley.done;
  } finally {
    pipelined.pipeline = pipeline;
  }
}

class Volley {
  readonly done: Promise<string>;
  readonly #shots: readonly Shot[];
  readonly #prepared: Map<string, boolean>;
  #resolve!: (tag: string) => void;
  #reject!: (error: Error) => void;
  #tag = '';

  constructor(shots: readonly Shot[], prepared: Map<string, boolean>) {
    this.#shots = shots;
    this.#prepared = prepared;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(wire: Wire): void {
    wire.stream.cork();
    try {
      for (const { statement, values, rows } of this.#shots) {
        const { name, text } = statement;
        const known = this.#prepared.get(name);
        // Closing what is not there is no error.
        if (known === false) wire.close({ type: 'S', name });
        if (!known) wire.parse({ name, text });
        this.#prepared.set(name, known ?? false);
        wire.bind({ statement: name, values });
        wire.execute();
        if (!rows) continue;
        for (let at = 0; at < rows.length; at += PIECE_BYTES)
          wire.sendCopyFromChunk(rows.subarray(at, at + PIECE_BYTES));
        wire.endCopyFrom();
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handleEmptyQuery(): void {}

  handleCopyInResponse(): void {}

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#tag = text;
  }

  handleReadyForQuery(): void {
    for (const { statement } of this.#shots) this.#prepared.set(statement.name, true);
    this.#resolve(this.#tag);
  }

  handleError(error: Error): void {
    this.#reject(error);
  }
}
