import type {
  AccountClosed,
  AccountReopened,
  AdjustmentRefused,
  AdjustmentRequested,
  CodeAdded,
  PointsAdjusted,
  PointsCaptured,
  PointsCorrected,
  PointsEarned,
  PointsExpired,
  PointsOpened,
  PointsReceived,
  PointsRedeemed,
  PointsReleased,
  PointsRepaid,
  PointsReserved,
  PointsReversed,
  PointsSent,
  PointsUndone,
  PointsVoided,
  RewardFreed,
  RewardHeld,
  RewardReserved,
  RewardReturned,
  RewardTaken,
  TermsLearned,
  TierLearned,
} from '@loyalty/contracts';
import type { NewEvent } from '@loyalty/kernel';

export type PointsEvent =
  | NewEvent<'points.earned.v1', PointsEarned>
  | NewEvent<'points.corrected.v1', PointsCorrected>
  | NewEvent<'points.reversed.v1', PointsReversed>
  | NewEvent<'points.expired.v1', PointsExpired>
  | NewEvent<'points.repaid.v1', PointsRepaid>
  | NewEvent<'points.redeemed.v1', PointsRedeemed>
  | NewEvent<'points.adjusted.v1', PointsAdjusted>
  | NewEvent<'points.opened.v1', PointsOpened>
  | NewEvent<'points.reserved.v1', PointsReserved>
  | NewEvent<'points.captured.v1', PointsCaptured>
  | NewEvent<'points.voided.v1', PointsVoided>
  | NewEvent<'points.released.v1', PointsReleased>
  | NewEvent<'points.undone.v1', PointsUndone>
  | NewEvent<'points.sent.v1', PointsSent>
  | NewEvent<'points.received.v1', PointsReceived>;

/** Of a member too, but no points move. */
export type MemberNote =
  | NewEvent<'adjustment.requested.v1', AdjustmentRequested>
  | NewEvent<'adjustment.refused.v1', AdjustmentRefused>
  | NewEvent<'tier.learned.v1', TierLearned>
  | NewEvent<'account.closed.v1', AccountClosed>
  | NewEvent<'account.reopened.v1', AccountReopened>;

/** Of a reward's own subject. */
export type RewardEvent =
  | NewEvent<'code.added.v1', CodeAdded>
  | NewEvent<'reward.held.v1', RewardHeld>
  | NewEvent<'reward.reserved.v1', RewardReserved>
  | NewEvent<'reward.taken.v1', RewardTaken>
  | NewEvent<'reward.freed.v1', RewardFreed>
  | NewEvent<'reward.returned.v1', RewardReturned>;

/** About no single member: written to every shard. */
export type TermsEvent = NewEvent<'terms.learned.v1', TermsLearned>;

/** What `evolve` needs of an event, stored or about to be. */
export interface RecordedEvent {
  readonly type: string;
  readonly time: number;
  /** The payload as JSON text. */
  readonly data: string;
}
