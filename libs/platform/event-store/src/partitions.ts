import type { Pool } from 'pg';

interface End {
  readonly shard: number;
  readonly position: number;
}

/** Makes partitions of `events` before they are needed: the next one when a shard is half through its current one. */
export class Partitions {
  readonly #schema: string;
  readonly #size: number;
  readonly #made = new Map<number, number>();

  constructor(schema: string, size: number) {
    this.#schema = schema;
    this.#size = size;
  }

  /** After a commit. Does not wait; if it fails, the next commit tries again, and in the end an insert that finds no partition. */
  follow(pool: Pool, ends: Iterable<End>): void {
    for (const { shard, position } of ends) {
      const wanted = Math.floor((position + this.#size / 2) / this.#size);
      const made = this.#made.get(shard) ?? 0;
      if (wanted <= made) continue;
      this.#made.set(shard, wanted);
      this.#ensure(pool, shard, wanted * this.#size).catch(() => this.#made.set(shard, made));
    }
  }

  /** For every shard the partition behind its head. */
  async makeNext(pool: Pool): Promise<boolean> {
    const { rows } = await pool.query<End>(`SELECT shard, position FROM ${this.#schema}.heads ORDER BY shard`);
    for (const { shard, position } of rows) await this.#ensure(pool, shard, position + this.#size);
    return true;
  }

  async #ensure(pool: Pool, shard: number, upto: number): Promise<void> {
    await pool.query(`SELECT ${this.#schema}.ensure_partitions($1, $2)`, [shard, upto]);
  }
}
