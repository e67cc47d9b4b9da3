import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_daily_points`. */
@ViewEntity({ schema: 'analytics', name: 'v_daily_points', synchronize: false })
export class DailyPoints {
  @ViewColumn()
  day!: string;

  @ViewColumn()
  program!: string;

  @ViewColumn()
  issued!: number;

  @ViewColumn()
  corrected!: number;

  @ViewColumn()
  redeemed!: number;

  @ViewColumn()
  reversed!: number;

  @ViewColumn()
  expired!: number;

  @ViewColumn()
  repaid!: number;

  @ViewColumn()
  adjusted!: number;

  @ViewColumn()
  opened!: number;
}
