import { DailyCsat } from './daily-csat.entity.ts';
import { DailyNps } from './daily-nps.entity.ts';
import { DailyPoints } from './daily-points.entity.ts';
import { DailySales } from './daily-sales.entity.ts';
import { LogPositionView } from './log-position.entity.ts';
import { MemberValue } from './member-value.entity.ts';
import { PointsOutstanding } from './points-outstanding.entity.ts';
import { TierCount } from './tier-count.entity.ts';

export { DailyCsat, DailyNps, DailyPoints, DailySales, LogPositionView, MemberValue, PointsOutstanding, TierCount };

/** What `openDatabase` must be given as `entities` wherever analytics is asked over HTTP. */
export const analyticsEntities = [
  DailyCsat,
  DailyNps,
  DailyPoints,
  DailySales,
  LogPositionView,
  MemberValue,
  PointsOutstanding,
  TierCount,
] as const;
