import { randomUUID } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { byteaArray, int2Array, int8Array, textArray } from '@loyalty/database';
import type { ClientBase, Pool } from 'pg';
import type { StateKeeping, SubjectRef } from './decider.ts';
import type { KnownHead } from './state-cache.ts';

/** States are kept in the form that this very program gives them. */
const PROCESS = randomUUID();
/** What waits to be written at most. What comes beyond it is not kept: it is read from the log again. */
const MOST_BYTES = 4 * 1024 * 1024;
/** As many rows make a statement worth its while. */
const ENOUGH_ROWS = 16;

interface Frozen extends SubjectRef {
  readonly position: number;
  readonly generation: number;
  readonly state: Buffer;
}

/**
 * States that did not fit into memory any more, kept aside in a table of the same database: a card of tens of thousands of purchases
 * is one row to read instead of all of them. A state counts only while its subject's events end where it was kept, so it never
 * matters whether writing it succeeded, came late, or happened at all.
 */
export class KeptStates<State, Global> {
  readonly #pool: Pool;
  readonly #table: string;
  readonly #keeping: StateKeeping<State, Global>;
  readonly #recall: { readonly name: string; readonly text: string };
  readonly #keep: { readonly name: string; readonly text: string };
  #waiting = new Map<string, Frozen>();
  #bytes = 0;
  #writing: Promise<void> | undefined;
  /** Nothing was kept yet, nothing need be asked. */
  #empty = true;

  constructor(pool: Pool, schema: string, keeping: StateKeeping<State, Global>) {
    this.#pool = pool;
    this.#keeping = keeping;
    this.#table = `${schema}.kept_states`;
    this.#recall = {
      name: 'store_recall_states',
      text: `SELECT kept.subject, kept.state
FROM unnest($1::int2[], $2::text[]) AS asked (shard, subject)
JOIN ${this.#table} AS kept USING (shard, subject)
WHERE kept.process = '${PROCESS}' AND kept.generation = $3 AND NOT EXISTS (
  SELECT FROM ${schema}.events WHERE events.shard = kept.shard AND events.subject = kept.subject AND events.position > kept.position)`,
    };
    this.#keep = {
      name: 'store_keep_states',
      text: `INSERT INTO ${this.#table} AS kept (shard, subject, process, position, generation, state)
SELECT shard, subject, '${PROCESS}', position, generation, state
FROM unnest($1::int2[], $2::text[], $3::int8[], $4::int8[], $5::bytea[]) AS new (shard, subject, position, generation, state)
ORDER BY shard, subject
ON CONFLICT (shard, subject) DO UPDATE
SET process = excluded.process, position = excluded.position, generation = excluded.generation, state = excluded.state
WHERE excluded.position >= kept.position`,
    };
  }

  /** Takes a state that memory lets go of, true under this head. */
  add(subject: string, shard: number, state: State, { position, generation }: KnownHead): void {
    if (this.#bytes > MOST_BYTES) return;
    const plain = this.#keeping.freeze(state);
    if (plain === undefined) return;
    const frozen = serialize(plain);
    this.#bytes += frozen.length;
    this.#waiting.set(subject, { subject, shard, position, generation, state: frozen });
    if (this.#waiting.size >= ENOUGH_ROWS) this.#writing ??= this.#write();
  }

  /** States of those of the subjects that are kept and still true. */
  async recall(
    tx: ClientBase,
    subjects: readonly SubjectRef[],
    global: { readonly value: Global; readonly generation: number },
  ): Promise<Map<string, State>> {
    const recalled = new Map<string, State>();
    if (this.#empty) return recalled;
    const { rows } = await tx.query<{ subject: string; state: Buffer }>({
      ...this.#recall,
      values: [
        int2Array(subjects.map(({ shard }) => shard)),
        textArray(subjects.map(({ subject }) => subject)),
        global.generation,
      ],
    });
    for (const { subject, state } of rows) recalled.set(subject, this.#keeping.thaw(deserialize(state), global.value));
    return recalled;
  }

  /** When what is being written is written. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    const rows = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#bytes = 0;
    this.#empty = false;
    try {
      await this.#pool.query({
        ...this.#keep,
        values: [
          int2Array(rows.map(({ shard }) => shard)),
          textArray(rows.map(({ subject }) => subject)),
          int8Array(rows.map(({ position }) => position)),
          int8Array(rows.map(({ generation }) => generation)),
          byteaArray(rows.map(({ state }) => state)),
        ],
      });
    } catch {
      // Without a connection or without room: the log has it all.
    } finally {
      this.#writing = this.#waiting.size >= ENOUGH_ROWS ? this.#write() : undefined;
    }
  }
}
