import { ViewColumn, ViewEntity } from 'typeorm';

/** `analytics.v_member_value`: recency, frequency, monetary of a member in a currency. Amounts are decimal text. */
@ViewEntity({ schema: 'analytics', name: 'v_member_value', synchronize: false })
export class MemberValue {
  @ViewColumn()
  member!: string;

  @ViewColumn()
  currency!: string;

  @ViewColumn({ name: 'last_purchase_at' })
  lastPurchaseAt!: string | null;

  @ViewColumn({ name: 'recency_days' })
  recencyDays!: string | null;

  @ViewColumn()
  frequency!: number;

  @ViewColumn()
  monetary!: string;

  @ViewColumn()
  gross!: string;

  @ViewColumn()
  returned!: string;
}
