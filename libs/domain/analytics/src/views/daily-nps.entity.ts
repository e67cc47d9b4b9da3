import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_nps`. */
@ViewEntity({ schema: 'analytics', name: 'v_nps', synchronize: false })
export class DailyNps {
  @ViewColumn()
  day!: string;

  @ViewColumn()
  store!: string | null;

  @ViewColumn()
  channel!: string | null;

  @ViewColumn()
  answers!: number;

  @ViewColumn()
  promoters!: number;

  @ViewColumn()
  passives!: number;

  @ViewColumn()
  detractors!: number;

  /** Decimal text, one place. */
  @ViewColumn()
  nps!: string;
}
