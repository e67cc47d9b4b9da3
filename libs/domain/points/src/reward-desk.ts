import type { Outcome } from '@loyalty/event-store';
import { UnavailableError } from '@loyalty/service';
import type { Pool } from 'pg';
import type { CommitSignal } from './commit-signal.ts';
import { REWARD_BUSY } from './core/decide-reward.ts';
import type { PointsAnswer } from './core/input.ts';
import { PIECE_NEEDED } from './core/redeem-reward.ts';
import type { HoldPiece, Piece, RedeemReward } from './core/reward-input.ts';
import { POINTS_SCHEMA as schema, type PointsWriter } from './points-writer.ts';
import { holdWork, returnPieceWork, rewardWork, settlePieceWork } from './reward-work.ts';

type Answer = PointsAnswer | null;
type Asked = Omit<RedeemReward, 'kind' | 'id' | 'piece'>;
type Held = Omit<HoldPiece, 'kind'>;
type Signal = Pick<CommitSignal, 'until'>;

/** A piece held for somebody else is taken or free again within milliseconds, unless that process died. */
const WAIT_MS = 2_000;
const MOST = 500;

/**
 * Redeems rewards whose pieces are counted. Pieces are shared by all members, who are in different shards, so it is two steps: a
 * piece is held at the reward, then the redemption is decided at the member, with the piece, in one entry. What was decided there is
 * told to the reward last. Every step may be made again by anybody: the redemption's key decides once. So what a process left
 * halfway when it died is brought to its end by whoever finds it, and its client is told the same as it would have been.
 */
export class RewardDesk {
  readonly #pool: Pool;
  readonly #writer: Pick<PointsWriter, 'execute'>;
  readonly #signal: Signal;

  constructor(pool: Pool, writer: Pick<PointsWriter, 'execute'>, signal: Signal = AT_ONCE) {
    this.#pool = pool;
    this.#writer = writer;
    this.#signal = signal;
  }

  /**
   * Rejects like `Writer.execute`, and with UnavailableError where all pieces left are held for others and nobody decides about them.
   */
  async redeem(member: string, key: string, given: Asked): Promise<Outcome<Answer>> {
    const seen = await this.#writer.execute(rewardWork(member, key, given));
    if (seen.kind !== 'refused' || seen.refusal.code !== PIECE_NEEDED) return seen;
    const program = String(seen.refusal.details?.['program']);
    const { reward, ...asked } = given;
    const held = { program, reward, redemption: key, member, asked };
    return this.#complete(held, this.#hold(held));
  }

  /** A redemption was undone: where nothing of it is left, its piece goes back to the reward. */
  async undone(
    member: string,
    redemption: string,
    undo: string,
    { program, reward, piece, left }: PointsAnswer,
  ): Promise<void> {
    if (reward === undefined || piece === undefined || left !== 0) return;
    await this.#writer.execute(returnPieceWork({ program, reward, redemption, member, piece, undo }));
  }

  /**
   * Brings to their end all redemptions that stand halfway, of one reward or of all. Gives how many. One that fails does not keep the
   * others back; the first failure is thrown at the end.
   */
  async finish(program?: string, reward?: string): Promise<number> {
    const failures: unknown[] = [];
    const attempt = (step: Promise<unknown>): Promise<unknown> => step.catch((error) => failures.push(error));
    const held = await this.#held(program, reward);
    for (const one of held) await attempt(this.#complete(one, this.#tryHold(one)));
    const undone = await this.#undone();
    for (const one of undone) await attempt(this.#writer.execute(returnPieceWork(one)));
    if (failures.length > 0) throw failures[0];
    return held.length + undone.length;
  }

  async #complete(held: Held, hold: Promise<Piece | 'conflict' | null>): Promise<Outcome<Answer>> {
    const { program, reward, redemption, member, asked } = held;
    const piece = await hold;
    if (piece === null) throw busy(reward);
    if (piece === 'conflict') return { kind: 'conflict' };
    const outcome = await this.#writer.execute(rewardWork(member, redemption, { reward, ...asked }, piece));
    if (piece.kind === 'held') {
      const taken = outcome.kind === 'accepted';
      await this.#writer.execute(settlePieceWork({ program, reward, redemption, member, taken }));
    }
    return outcome;
  }

  /** Waits for pieces held for others; whoever still holds one then may have died: that is brought to its end. */
  async #hold(held: Held): Promise<Piece | 'conflict' | null> {
    const piece = await this.#signal.until(() => this.#tryHold(held), WAIT_MS);
    if (piece !== null) return piece;
    await this.finish(held.program, held.reward);
    return this.#tryHold(held);
  }

  /** Null where all that is left is held for others; a conflict where the key names another redemption that is on its way. */
  async #tryHold(held: Held): Promise<Piece | 'conflict' | null> {
    const outcome = await this.#writer.execute(holdWork(held));
    if (outcome.kind === 'conflict') return 'conflict';
    if (outcome.kind === 'refused') {
      return outcome.refusal.code === REWARD_BUSY ? null : { kind: 'none', refusal: outcome.refusal };
    }
    const number = outcome.answer?.piece as number;
    const { rows } = await this.#pool.query<{ code: string | null }>({
      name: 'points code of a piece',
      text: `SELECT code FROM ${schema}.reward_pieces WHERE program = $1 AND reward = $2 AND piece = $3`,
      values: [held.program, held.reward, number],
    });
    const code = rows[0]?.code ?? null;
    return code === null ? { kind: 'held', number } : { kind: 'held', number, code };
  }

  async #held(program?: string, reward?: string): Promise<Held[]> {
    const { rows } = await this.#pool.query<Omit<Held, 'asked'> & { readonly asked: string }>({
      name: 'points pieces held',
      text: `SELECT program, reward, redemption, member, asked FROM ${schema}.reward_pieces
             WHERE state = 'held' AND ($1::text IS NULL OR program = $1) AND ($2::text IS NULL OR reward = $2)
             ORDER BY program, reward, redemption LIMIT ${MOST}`,
      values: [program ?? null, reward ?? null],
    });
    return rows.map(({ asked, ...row }) => ({ ...row, asked: JSON.parse(asked) as Held['asked'] }));
  }

  async #undone(): Promise<(Omit<Held, 'asked'> & { readonly piece: number; readonly undo: string })[]> {
    const { rows } = await this.#pool.query({
      name: 'points pieces to return',
      text: `SELECT program, reward, redemption, r.member, piece, undo
             FROM ${schema}.reward_redemptions AS r JOIN ${schema}.reward_pieces AS p USING (program, reward, piece, redemption)
             WHERE undo IS NOT NULL AND p.state <> 'returned' LIMIT ${MOST}`,
    });
    return rows;
  }
}

const busy = (reward: string): UnavailableError =>
  new UnavailableError(`The last pieces of ${reward} are held for other members: ask again.`, REWARD_BUSY);

/** Looks once: for whoever has nobody waiting. */
const AT_ONCE: Signal = { until: (look) => look() };
