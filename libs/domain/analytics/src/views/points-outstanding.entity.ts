import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_points_outstanding`: where all points of a program stand at an instant. */
@ViewEntity({ schema: 'analytics', name: 'v_points_outstanding', synchronize: false })
export class PointsOutstanding {
  @ViewColumn()
  program!: string;

  @ViewColumn()
  issued!: number;

  @ViewColumn()
  pending!: number;

  @ViewColumn()
  active!: number;

  @ViewColumn()
  reserved!: number;

  @ViewColumn()
  outstanding!: number;

  @ViewColumn()
  spent!: number;

  @ViewColumn()
  expired!: number;

  @ViewColumn()
  reversed!: number;

  @ViewColumn()
  owed!: number;

  @ViewColumn()
  lots!: number;

  @ViewColumn()
  members!: number;
}
