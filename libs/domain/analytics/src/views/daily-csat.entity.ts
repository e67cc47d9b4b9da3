import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_csat`. */
@ViewEntity({ schema: 'analytics', name: 'v_csat', synchronize: false })
export class DailyCsat {
  @ViewColumn()
  day!: string;

  @ViewColumn()
  store!: string | null;

  @ViewColumn()
  channel!: string | null;

  @ViewColumn()
  answers!: number;

  @ViewColumn()
  satisfied!: number;

  @ViewColumn({ name: 'score_sum' })
  scoreSum!: number;

  /** Decimal text, one place. */
  @ViewColumn()
  csat!: string;
}
