import { Body, Controller, Get, Headers, Inject, Logger, Param, Post, Query } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import type { Outcome } from '@loyalty/event-store';
import { HttpAnswer, Operation, Scopes, toHttp, type Page } from '@loyalty/service';
import { Courier } from './courier.ts';
import type { PointsAnswer } from './core/input.ts';
import { crowdedRooms } from './crowded-rooms.ts';
import { given, memberParameter, requiredKey, rewardAlone, withTotal } from './parameters.ts';
import { reserveWork, sendWork, undoWork, voidWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { RewardDesk } from './reward-desk.ts';
import { listReservations, type ReservationItem } from './reservation-list.ts';
import { CaptureBody, ReservationsQuery, ReserveBody, TransferBody, UndoBody } from './spending.dto.ts';
import { POINTS_WRITER } from './tokens.ts';
import {
  capturedExample,
  releasedExample,
  reservationsExample,
  reservedExample,
  sentExample,
  undoneExample,
} from './spending-examples.ts';

const headers = {
  'Idempotency-Key': 'Required. Yours: sent again with the same body it gives the same answer, refusals included.',
};
const answers = {
  200: 'Done before',
  201: 'Done',
  409: 'The key was used with another body',
  422: 'Refused, with a stable `code`',
};

type Answer = Promise<HttpAnswer<PointsAnswer | null>>;

/** Points set aside, given back and handed on. */
@Controller('v1/members/:member')
export class SpendingController {
  readonly #logger = new Logger('points');

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
    @Inject(Courier) private readonly courier: Courier,
    @Inject(RewardDesk) private readonly desk: RewardDesk,
  ) {}

  @Post('reservations')
  @Scopes('points:write')
  @Operation({
    summary: 'Reserve points for a basket',
    description:
      'Nobody else can spend them until the instant in `until`; from then on they are free again by themselves. They do not expire ' +
      'meanwhile. The key names the reservation. With `reward` its price is reserved, and its piece with it; the capture tells the ' +
      'code. Refused: `account_closed`, `insufficient_points`, `below_minimum`, `program_required`, `invalid_ttl`, ' +
      '`purchase_total_required`, `above_share_of_purchase`, `wrong_currency`; of a reward what redeeming it refuses.',
    headers,
    answers,
    parameters: { member: 'm-1001', 'Idempotency-Key': 'basket-1' },
    answerExample: reservedExample,
  })
  async reserve(
    @Param('member') member: string,
    @Body() body: ReserveBody,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    const { points, reward, ...more } = given(body);
    const [who, once] = [memberParameter(member), requiredKey(key)];
    if (points !== undefined && reward === undefined)
      return toHttp(await this.writer.execute(reserveWork(who, once, withTotal({ points, ...more }))));
    return toHttp(await this.desk.reserve(who, once, rewardAlone({ points, reward, ...more })));
  }

  @Get('reservations')
  @Scopes('points:read')
  @Operation({
    summary: 'List a member’s reservations',
    description: 'By name, each as it stands now: `open`, `captured`, `voided`, or `ended` by itself.',
    parameters: { member: 'm-1001' },
    answerExample: reservationsExample,
  })
  reservations(@Param('member') member: string, @Query() query: ReservationsQuery): Promise<Page<ReservationItem>> {
    const { open, limit, cursor } = query;
    return listReservations(this.database.pool, member, { now: Date.now(), open: open === 'true', limit, cursor });
  }

  @Post('reservations/:reservation/capture')
  @Scopes('points:write')
  @Operation({
    summary: 'Spend a reservation, all or part',
    description:
      'Once; what is not spent is released with it. The redemption bears the reservation’s name. Refused: `unknown_reservation`, ' +
      '`reservation_expired`, `reservation_captured`, `reservation_voided`, `more_than_reserved`, `reward_is_whole`.',
    headers,
    answers,
    parameters: { member: 'm-1001', reservation: 'basket-1', 'Idempotency-Key': 'capture-basket-1' },
    answerExample: capturedExample,
  })
  async capture(
    @Param('member') member: string,
    @Param('reservation') reservation: string,
    @Body() body: CaptureBody,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    const who = memberParameter(member);
    const outcome = await this.desk.capture(who, requiredKey(key), { reservation, ...given(body) });
    return toHttp(await this.#closed(who, reservation, true, outcome));
  }

  @Post('reservations/:reservation/void')
  @Scopes('points:write')
  @Operation({
    summary: 'Give a reservation up',
    description:
      'Its points go back to their lots. Refused: `unknown_reservation`, `reservation_expired`, `reservation_captured`, ' +
      '`reservation_voided`.',
    headers,
    answers,
    parameters: { member: 'm-1001', reservation: 'basket-2', 'Idempotency-Key': 'void-basket-2' },
    answerExample: releasedExample,
  })
  async voidReservation(
    @Param('member') member: string,
    @Param('reservation') reservation: string,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    const who = memberParameter(member);
    const outcome = await this.writer.execute(voidWork(who, requiredKey(key), reservation));
    return toHttp(await this.#closed(who, reservation, false, outcome));
  }

  @Post('redemptions/:redemption/undo')
  @Scopes('points:write')
  @Operation({
    summary: 'Undo a redemption, whole or in part',
    description:
      'Points go back to their lots, those that burned last first, and keep their expiry. Any number of times, never more than was ' +
      'redeemed. A reward undone whole is in stock again where the program says so; its code is void. Refused: `unknown_redemption`, `already_undone`, `more_than_redeemed`.',
    headers,
    answers,
    parameters: { member: 'm-1001', redemption: 'till-3/9001', 'Idempotency-Key': 'undo-till-3/9001' },
    answerExample: undoneExample,
  })
  async undo(
    @Param('member') member: string,
    @Param('redemption') redemption: string,
    @Body() body: UndoBody,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    const [who, once] = [memberParameter(member), requiredKey(key)];
    const outcome = await this.writer.execute(undoWork(who, once, { redemption, ...given(body) }));
    if (outcome.kind === 'accepted' && outcome.answer) await this.#giveBack(who, redemption, once, outcome.answer);
    return toHttp(outcome);
  }

  @Post('transfers')
  @Scopes('points:write')
  @Operation({
    summary: 'Hand points on to another member',
    description:
      'Only active points; each lot keeps its expiry. They have left the sender with this answer and are, as a rule, with the receiver. ' +
      'To a closed account they go, too, and stay there. Refused: `account_closed`, `insufficient_points`, `program_required`, `receiver_full`, ' +
      '`transfer_to_self`.',
    headers,
    answers,
    parameters: { member: 'm-1001', 'Idempotency-Key': 'transfer-1' },
    answerExample: sentExample,
  })
  async transfer(
    @Param('member') member: string,
    @Body() body: TransferBody,
    @Headers('idempotency-key') key?: string,
  ): Answer {
    const { to, ...rest } = given(body);
    const [from, once, receiver] = [memberParameter(member), requiredKey(key), memberParameter(to, '/to', 'body')];
    const rooms = await crowdedRooms(this.database.pool, receiver);
    const work = sendWork(from, once, { ...rest, to: receiver }, rooms);
    const outcome = await this.writer.execute(work);
    if (outcome.kind === 'accepted' && outcome.position) await this.#deliver(outcome.position.shard);
    return toHttp(outcome);
  }

  /** The reservation is closed and answered whatever happens: what its reward is not told now, it finds out once that would have ended. */
  async #closed(
    member: string,
    reservation: string,
    taken: boolean,
    outcome: Outcome<PointsAnswer | null>,
  ): Promise<Outcome<PointsAnswer | null>> {
    if (outcome.kind !== 'accepted' || !outcome.answer) return outcome;
    try {
      await this.desk.closed(member, reservation, taken, outcome.answer);
    } catch (error) {
      this.#logger.warn(`the piece of reservation ${reservation} is told later: ${(error as Error).message}`);
    }
    return outcome;
  }

  /** The points are back and answered whatever happens: a piece that cannot be given back now, the sweeper gives back. */
  async #giveBack(member: string, redemption: string, undo: string, answer: PointsAnswer): Promise<void> {
    try {
      await this.desk.undone(member, redemption, undo, answer);
    } catch (error) {
      this.#logger.warn(`the piece of redemption ${redemption} is given back later: ${(error as Error).message}`);
    }
  }

  /** The sender's part is done and answered whatever happens: what cannot be delivered now, the sweeper delivers. */
  async #deliver(shard: number): Promise<void> {
    try {
      await this.courier.deliver(shard);
    } catch (error) {
      this.#logger.warn(`shard ${shard} is delivered later: ${(error as Error).message}`);
    }
  }
}
