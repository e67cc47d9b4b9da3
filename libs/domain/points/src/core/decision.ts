import { type EpochMs, refusal, type Refusal } from '@loyalty/kernel';
import type { MemberNote, PointsEvent, RewardEvent } from './event.ts';
import type { PointsAnswer, PointsGlobal } from './input.ts';

export type DecidedEvent = PointsEvent | MemberNote | RewardEvent;

export interface PointsContext {
  /** Recorded time: decisions take effect now and cannot be back-dated. */
  readonly now: EpochMs;
  readonly global: PointsGlobal;
}

export type PointsDecision =
  | { readonly kind: 'accepted'; readonly events: readonly DecidedEvent[]; readonly answer: PointsAnswer | null }
  /** `keep` false: not kept as the key's answer. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly keep?: false }
  | { readonly kind: 'insufficient' };

export function accepted(events: readonly DecidedEvent[], answer: PointsAnswer | null = null): PointsDecision {
  return { kind: 'accepted', events, answer };
}

export function refused(...args: Parameters<typeof refusal>): Extract<PointsDecision, { kind: 'refused' }> {
  return { kind: 'refused', refusal: refusal(...args) };
}
