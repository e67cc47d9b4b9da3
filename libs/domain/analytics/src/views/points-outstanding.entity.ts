import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_points_outstanding`: where all points of a program stand at an instant. Points are decimal text: they may pass 2^53-1. */
@ViewEntity({ schema: 'analytics', name: 'v_points_outstanding', synchronize: false })
export class PointsOutstanding {
  @ViewColumn()
  program!: string;

  @ViewColumn()
  issued!: string;

  @ViewColumn()
  pending!: string;

  @ViewColumn()
  active!: string;

  @ViewColumn()
  reserved!: string;

  @ViewColumn()
  outstanding!: string;

  @ViewColumn()
  spent!: string;

  @ViewColumn()
  expired!: string;

  @ViewColumn()
  reversed!: string;

  @ViewColumn()
  owed!: string;

  @ViewColumn()
  lots!: number;

  @ViewColumn()
  members!: number;
}
