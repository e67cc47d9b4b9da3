import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_tier_counts`: members who hold a tier at an instant. */
@ViewEntity({ schema: 'analytics', name: 'v_tier_counts', synchronize: false })
export class TierCount {
  @ViewColumn()
  program!: string;

  @ViewColumn()
  tier!: string;

  @ViewColumn()
  members!: number;
}
