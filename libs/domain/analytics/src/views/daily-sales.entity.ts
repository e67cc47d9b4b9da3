import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_daily_sales`. Amounts are decimal text. */
@ViewEntity({ schema: 'analytics', name: 'v_daily_sales', synchronize: false })
export class DailySales {
  @ViewColumn()
  day!: string;

  @ViewColumn()
  source!: string;

  @ViewColumn()
  store!: string | null;

  @ViewColumn()
  channel!: string | null;

  @ViewColumn()
  currency!: string;

  @ViewColumn()
  purchases!: number;

  @ViewColumn()
  returns!: number;

  @ViewColumn()
  memberless!: number;

  @ViewColumn()
  lines!: number;

  @ViewColumn()
  gross!: string;

  @ViewColumn()
  returned!: string;

  @ViewColumn()
  net!: string;
}
