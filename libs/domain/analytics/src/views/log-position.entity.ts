import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_log_positions`: how far each log has been taken in. */
@ViewEntity({ schema: 'analytics', name: 'v_log_positions', synchronize: false })
export class LogPositionView {
  @ViewColumn()
  source!: string;

  @ViewColumn()
  shard!: number;

  @ViewColumn()
  position!: number;
}
