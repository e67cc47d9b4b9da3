import type { Outcome, Work } from '@loyalty/event-store';
import type { PointsAnswer, PointsInput } from './core/input.ts';
import { captureWork, redeemWork, reserveWork, sendWork, undoWork } from './points-work.ts';

/** What is needed to ask for it once more. */
export interface Request {
  readonly kind: 'redeem' | 'reserve' | 'capture' | 'undo' | 'send';
  readonly member: string;
  readonly key: string;
  /** The reservation or redemption it is about. */
  readonly about: string;
}

/** What somebody was told. */
export interface Acknowledged {
  readonly request: Request;
  readonly outcome: Outcome<PointsAnswer | null>;
}

const program = 'club';

export function workOf({ kind, member, key, about }: Request): Work<PointsInput> {
  switch (kind) {
    case 'redeem':
      return redeemWork(member, key, { points: 3, program });
    case 'reserve':
      return reserveWork(member, key, { points: 2, program });
    case 'capture':
      return captureWork(member, key, { reservation: about, points: 1 });
    case 'undo':
      return undoWork(member, key, { redemption: about, points: 1 });
    case 'send':
      return sendWork(member, key, { points: 1, program, to: 'm0' });
  }
}
