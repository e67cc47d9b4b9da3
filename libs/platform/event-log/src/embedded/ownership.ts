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
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/**
 * The session locks of a process. What is not held is asked for again at every turn, in one statement for all claims; the same
 * statement shows that the connection is alive. Two claims of one process on the same lock would both get it (session locks are
 * re-entrant), so a second one is refused.
 */
export class Ownership {
  private readonly claims = new Map<string, Claim>();
  private readonly held = new Map<string, Held>();
  private turn: Promise<void> | null = null;

  private readonly session: Session;

  constructor(session: Session) {
    this.session = session;
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
    for (const { abort } of this.held.values()) abort.abort(new Error('the connection that held the locks was lost'));
  }

  async remove(claims: readonly Claim[]): Promise<void> {
    for (const claim of claims) this.claims.delete(keyOf(claim));
    // A turn under way may still get one of them.
    await this.turn;
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
    const wanted = [...this.claims.values()].filter((claim) => !this.held.has(keyOf(claim)));
    if (wanted.length === 0) {
      await this.session.query('SELECT 1');
      return;
    }
    const got = await this.session.query<{ lock: number; shard: number }>(
      'SELECT lock, shard FROM unnest($1::int4[], $2::int4[]) AS wanted (lock, shard) WHERE pg_try_advisory_lock(lock, shard)',
      [int4Array(wanted.map(({ lock }) => lock)), int4Array(wanted.map(({ shard }) => shard))],
    );
    for (const row of got ?? []) {
      const claim = this.claims.get(keyOf(row));
      if (claim === undefined) await this.unlock(row);
      else this.start(claim);
    }
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
    this.held.set(keyOf(claim), { abort, done });
  }

  private async unlock({ lock, shard }: { lock: number; shard: number }): Promise<void> {
    // After a loss this meets a new session that holds nothing: a warning on the server, no harm.
    await this.session.query('SELECT pg_advisory_unlock($1::int4, $2::int4)', [lock, shard]);
  }
}

function keyOf({ lock, shard }: { lock: number; shard: number }): string {
  return `${lock}/${shard}`;
}
