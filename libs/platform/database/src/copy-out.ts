import type { ClientBase } from 'pg';

/** `PGCOPY\n\377\r\n\0`, flags, length of the header's extension (0). */
const HEADER_BYTES = 19;
const P = 80;

/** What `pg` offers to classes that speak the protocol themselves. */
interface Wire {
  query(text: string): void;
}

/**
 * The rows of `COPY … TO STDOUT (FORMAT binary)`, in order: the cheapest way out of a table. Nothing is decoded: a row is int16 number of
 * fields, then for each int32 length (-1: null) and so many bytes. `row` is given the bytes and where it begins in them; they
 * are overwritten as soon as it returns. Never waits: the server is read no faster than `row` works.
 * Rejects with what `row` threw, once the server is done, or with what PostgreSQL said.
 */
export function copyOut(client: ClientBase, text: string, row: (bytes: Buffer, at: number) => void): Promise<void> {
  const reading = new CopyReading(text, row);
  client.query(reading as never);
  return reading.done;
}

class CopyReading {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #row: (bytes: Buffer, at: number) => void;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #started = false;
  #fault: { readonly error: unknown } | undefined;

  constructor(text: string, row: (bytes: Buffer, at: number) => void) {
    this.#text = text;
    this.#row = row;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(wire: Wire): void {
    wire.query(this.#text);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    let at = 0;
    if (!this.#started) {
      this.#started = true;
      if (chunk[0] === P) at = HEADER_BYTES;
    }
    // The trailer is a row of -1 fields; the header comes with the first row, or with the trailer.
    if (this.#fault || chunk.length - at < 2 || chunk.readInt16BE(at) === -1) return;
    try {
      this.#row(chunk, at);
    } catch (error) {
      // Thrown further it would take the connection's parser with it.
      this.#fault = { error };
    }
  }

  handleRowDescription(): void {}

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.#fault) this.#reject(this.#fault.error);
    else this.#resolve();
  }

  handleError(error: Error): void {
    this.#reject(error);
  }
}
