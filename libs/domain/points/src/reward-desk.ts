import type { Outcome, Work } from '@loyalty/event-store';
import { UnavailableError } from '@loyalty/service';
import type { Pool } from 'pg';
import type { CommitSignal } from './commit-signal.ts';
import { REWARD_BUSY } from './core/decide-reward.ts';
import type { Capture, PointsAnswer, PointsInput } from './core/input.ts';
import { PIECE_NEEDED } from './core/redeem-reward.ts';
import type { HoldPiece, Piece, RedeemReward, ReserveReward } from './core/reward-input.ts';
import { POINTS_SCHEMA as schema, type PointsWriter } from './points-writer.ts';
import { captureWork, settleWork } from './points-work.ts';
import { holdWork, reserveRewardWork, returnPieceWork, rewardWork, settlePieceWork } from './reward-work.ts';

type Answer = PointsAnswer | null;
type Asked = Pick<HoldPiece, 'asked'>['asked'] & { readonly reward: string };
type Held = Omit<HoldPiece, 'kind'>;
type Named = Omit<Held, 'asked'>;
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
  redeem(member: string, key: string, given: Omit<RedeemReward, 'kind' | 'id' | 'piece'>): Promise<Outcome<Answer>> {
    return this.#ask(member, key, given);
  }

  /** Sets the price of a reward aside, and its piece, until the reservation ends. Rejects like `redeem`. */
  reserve(member: string, key: string, given: Omit<ReserveReward, 'kind' | 'id' | 'piece'>): Promise<Outcome<Answer>> {
    return this.#ask(member, key, { ...given, reserve: true });
  }

  /** Captures a reservation, of points or of a reward: with the single-use code of its piece. */
  async capture(member: string, key: string, given: Omit<Capture, 'kind' | 'code'>): Promise<Outcome<Answer>> {
    const { rows } = await this.#pool.query<{ code: string | null }>({
      name: 'points code of a reservation',
      text: `SELECT p.code FROM ${schema}.reservations AS r JOIN ${schema}.reward_pieces AS p USING (program, reward, piece)
             WHERE r.member = $1 AND r.reservation = $2`,
      values: [member, given.reservation],
    });
    return this.#writer.execute(captureWork(member, key, given, rows[0]?.code ?? undefined));
  }

  /** A reservation was captured or given up: its piece is the member's, or free again. Told later it makes no difference. */
  async closed(member: string, redemption: string, taken: boolean, answer: PointsAnswer): Promise<void> {
    const { program, reward, piece } = answer;
    if (reward === undefined || piece === undefined) return;
    await this.#writer.execute(settlePieceWork({ program, reward, redemption, member, taken }));
  }

  async #ask(member: string, key: string, given: Asked): Promise<Outcome<Answer>> {
    const seen = await this.#writer.execute(memberWork(member, key, given));
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
   * @param until reservations that have ended by then are told, too, which frees nothing: their pieces are free already
   */
  async finish(program?: string, reward?: string, until?: string): Promise<number> {
    const failures: unknown[] = [];
    const attempt = (step: Promise<unknown>): Promise<unknown> => step.catch((error) => failures.push(error));
    const held = await this.#held(program, reward);
    for (const one of held) await attempt(this.#complete(one, this.#tryHold(one)));
    const undone = await this.#undone();
    for (const one of undone) await attempt(this.#writer.execute(returnPieceWork(one)));
    if (until !== undefined) for (const one of await this.#ended(until)) await attempt(this.#end(one));
    if (failures.length > 0) throw failures[0];
    return held.length + undone.length;
  }

  async #complete(held: Held, hold: Promise<Piece | 'conflict' | null>): Promise<Outcome<Answer>> {
    const { program, reward, redemption, member, asked } = held;
    const piece = await hold;
    if (piece === null) throw busy(reward);
    if (piece === 'conflict') return { kind: 'conflict' };
    const outcome = await this.#writer.execute(memberWork(member, redemption, { reward, ...asked }, piece));
    if (piece.kind === 'held') {
      const taken = outcome.kind === 'accepted';
      const until = taken ? outcome.answer?.until : undefined;
      const became = { taken, ...(until !== undefined && { until }) };
      await this.#writer.execute(settlePieceWork({ program, reward, redemption, member, ...became }));
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
      if (outcome.refusal.code !== REWARD_BUSY) return { kind: 'none', refusal: outcome.refusal };
      const until = outcome.refusal.details?.['ended'] as string | null;
      const ended = until === null ? [] : await this.#ended(until, held);
      const told = await Promise.all(ended.map((each) => this.#end(each)));
      // Each time round some are told: there is an end to it.
      return told.includes(true) ? this.#tryHold(held) : null;
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

  /** Tells the reward what became of a reservation that has ended. False where the member's own shard does not say so yet. */
  async #end({ program, reward, redemption, member }: Named): Promise<boolean> {
    // From then on it is certain: captured before its end, or never.
    await this.#writer.execute(settleWork(member));
    const { rows } = await this.#pool.query<{ state: string }>({
      name: 'points state of a reservation',
      text: `SELECT state FROM ${schema}.reservations WHERE member = $1 AND reservation = $2`,
      values: [member, redemption],
    });
    const state = rows[0]?.state ?? 'open';
    if (state === 'open') return false;
    await this.#writer.execute(settlePieceWork({ program, reward, redemption, member, taken: state === 'captured' }));
    return true;
  }

  async #ended(until: string, { program, reward }: Partial<Named> = {}): Promise<Named[]> {
    const { rows } = await this.#pool.query<Named>({
      name: 'points pieces of ended reservations',
      text: `SELECT program, reward, redemption, member FROM ${schema}.reward_pieces
             WHERE state = 'reserved' AND until <= $1 AND ($2::text IS NULL OR program = $2) AND ($3::text IS NULL OR reward = $3)
             ORDER BY program, reward, until LIMIT ${MOST}`,
      values: [until, program ?? null, reward ?? null],
    });
    return rows;
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

/** What decides at the member, under the client's key. */
function memberWork(member: string, key: string, { reserve, ttl, ...given }: Asked, piece?: Piece): Work<PointsInput> {
  if (!reserve) return rewardWork(member, key, given, piece);
  return reserveRewardWork(member, key, { ...given, ...(ttl !== undefined && { ttl }) }, piece);
}

const busy = (reward: string): UnavailableError =>
  new UnavailableError(`The last pieces of ${reward} are held for other members: ask again.`, REWARD_BUSY);

/** Looks once: for whoever has nobody waiting. */
const AT_ONCE: Signal = { until: (look) => look() };
