import { int4Array } from '@loyalty/database';
import type { Session } from './session.ts';

/** A shard that a follower wants to own. */
export interface Claim {
  readonly lock: number;
  readonly shard: number;
  /** Called with a signal that aborts when the lock is lost or given back. Resolves when nothing of the shard runs any more. */
  run(signal: AbortSignal): Promise<void>;
}

interface Held {
  readonly claim: Claim;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** In place of a shard's number: held, shared, by every process that would read shards of this class. */
const PRESENT = -1;

/**
 * The session locks of a process. What is not held is asked for again at every turn, in one statement for all claims; the same
 * statement shows that the connection is alive. Processes share a source's shards evenly: each counts, by a lock that they all
 * hold shared, how many they are, takes no more than its part, and gives back what it has too much when another comes. Two claims
 * of one process on the same lock would both get it (session locks are re-entrant), so a second one is refused.
 */
export class Ownership {
  private readonly claims = new Map<string, Claim>();
  private readonly held = new Map<string, Held>();
  /** Classes in which this session is counted. */
  private readonly present = new Set<number>();
  private turn: Promise<void> | null = null;

  private readonly session: Session;
  private readonly guest: boolean;

  /** @param guest reads while no other process is there, and gives way when one comes: a command that soon ends */
  constructor(session: Session, guest = false) {
    this.session = session;
    this.guest = guest;
  }

  add(claims: readonly Claim[]): void {
    for (const claim of claims) {
      if (this.claims.has(keyOf(claim)))
        throw new Error(`this process follows shard ${claim.shard} under the same consumer and source already`);
    }
    for (const claim of claims) this.claims.set(keyOf(claim), claim);
    void this.claim();
  }

  /** Asks for what is not held. One turn at a time. */
  claim(): Promise<void> {
    this.turn ??= this.claimOnce().finally(() => {
      this.turn = null;
    });
    return this.turn;
  }

  /** The connection is gone and with it every lock: whatever runs must stop now. */
  lost(): void {
    this.present.clear();
    for (const { abort } of this.held.values()) abort.abort(new Error('the connection that held the locks was lost'));
  }

  async remove(claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) this.claims.delete(keyOf(claim));
    // A turn under way may still get one of them.
    await this.turn;
    const left = new Set([...this.claims.values()].map(({ lock }) => lock));
    for (const lock of new Set(claims.map((claim) => claim.lock))) {
      if (left.has(lock) || !this.present.delete(lock)) continue;
      await this.session.query('SELECT pg_advisory_unlock_shared($1::int4, $2::int4)', [lock, PRESENT]);
    }
    await Promise.all(
      claims.map(async (claim) => {
        const held = this.held.get(keyOf(claim));
        if (held === undefined) return;
        held.abort.abort(new Error('closed'));
        await held.done;
      }),
    );
  }

  private async claimOnce(): Promise<void> {
    const parts = await this.parts();
    if (parts === undefined) return;
    const free = new Map(parts);
    for (const { claim, abort } of this.held.values())
      if (!abort.signal.aborted) free.set(claim.lock, (free.get(claim.lock) ?? 0) - 1);
    this.giveBack(free);
    const wanted: Claim[] = [];
    for (const claim of this.claims.values()) {
      const room = free.get(claim.lock) ?? 0;
      if (room <= 0 || this.held.has(keyOf(claim))) continue;
      wanted.push(claim);
    }
    if (wanted.length > 0) await this.take(wanted, free);
  }

  /** How many shards of each class are this process's part; undefined while there is no connection. */
  private async parts(): Promise<Map<number, number> | undefined> {
    const shards = new Map<number, number>();
    for (const { lock } of this.claims.values()) shards.set(lock, (shards.get(lock) ?? 0) + 1);
    const unknown = this.guest ? [] : [...shards.keys()].filter((lock) => !this.present.has(lock));
    if (unknown.length > 0) {
      const joined = await this.session.query<{ lock: number }>(
        `SELECT lock FROM unnest($1::int4[]) AS classes (lock), pg_advisory_lock_shared(lock, ${PRESENT})`,
        [int4Array(unknown)],
      );
      for (const { lock } of joined ?? []) this.present.add(lock);
    }
    const counted = await this.session.query<{ lock: number; processes: number }>(
      `SELECT lock, count(pid)::int AS processes FROM unnest($1::int4[]) AS classes (lock)
LEFT JOIN pg_locks ON locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid = (lock::bigint & 4294967295)::oid AND objid = (${PRESENT}::bigint & 4294967295)::oid AND objsubid = 2
GROUP BY lock`,
      [int4Array([...shards.keys()])],
    );
    if (counted === undefined) return undefined;
    const part = (all: number, processes: number): number => {
      if (this.guest) return processes === 0 ? all : 0;
      return processes === 0 ? 0 : Math.ceil(all / processes);
    };
    return new Map(counted.map(({ lock, processes }) => [lock, part(shards.get(lock) ?? 0, processes)]));
  }

  /** The last of what is held beyond this process's part. Whoever has too little gets it at its next turn. */
  private giveBack(free: Map<number, number>): void {
    for (const { claim, abort } of [...this.held.values()].toReversed()) {
      if (abort.signal.aborted || (free.get(claim.lock) ?? 0) >= 0) continue;
      free.set(claim.lock, (free.get(claim.lock) ?? 0) + 1);
      abort.abort(new Error('another process reads it from now on'));
    }
  }

  private async take(wanted: readonly Claim[], free: ReadonlyMap<number, number>): Promise<void> {
    // What is locked must run or be given back: so the limit is in the statement, and CASE keeps it from locking what it then leaves out.
    const got = await this.session.query<{ lock: number; shard: number }>(
      `SELECT class.lock, got.shard FROM unnest($1::int4[], $2::int4[]) AS class (lock, room)
CROSS JOIN LATERAL (
  SELECT shard FROM unnest($3::int4[], $4::int4[]) AS wanted (lock, shard)
  WHERE CASE WHEN wanted.lock = class.lock THEN pg_try_advisory_lock(wanted.lock, wanted.shard) ELSE false END LIMIT room
) AS got`,
      [
        int4Array([...free.keys()]),
        int4Array([...free.values()].map((room) => Math.max(0, room))),
        int4Array(wanted.map(({ lock }) => lock)),
        int4Array(wanted.map(({ shard }) => shard)),
      ],
    );
    const dropped: { lock: number; shard: number }[] = [];
    for (const row of got ?? []) {
      const claim = this.claims.get(keyOf(row));
      if (claim === undefined) dropped.push(row);
      else this.start(claim);
    }
    for (const row of dropped) await this.unlock(row);
  }

  private start(claim: Claim): void {
    const abort = new AbortController();
    const done = claim
      .run(abort.signal)
      .catch(() => undefined)
      .then(() => this.unlock(claim))
      .then(() => {
        this.held.delete(keyOf(claim));
      });
    this.held.set(keyOf(claim), { claim, abort, done });
  }

  private async unlock({ lock, shard }: { lock: number; shard: number }): Promise<void> {
    // After a loss this meets a new session that holds nothing: a warning on the server, no harm.
    await this.session.query('SELECT pg_advisory_unlock($1::int4, $2::int4)', [lock, shard]);
  }
}

function keyOf({ lock, shard }: { lock: number; shard: number }): string {
  return `${lock}/${shard}`;
}
