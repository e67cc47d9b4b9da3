import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_daily_points`. Points are decimal text: sums over all members may pass 2^53-1. */
@ViewEntity({ schema: 'analytics', name: 'v_daily_points', synchronize: false })
export class DailyPoints {
  @ViewColumn()
  day!: string;

  @ViewColumn()
  program!: string;

  @ViewColumn()
  issued!: string;

  @ViewColumn()
  corrected!: string;

  @ViewColumn()
  redeemed!: string;

  @ViewColumn()
  reversed!: string;

  @ViewColumn()
  expired!: string;

  @ViewColumn()
  repaid!: string;

  @ViewColumn()
  adjusted!: string;

  @ViewColumn()
  opened!: string;
}
