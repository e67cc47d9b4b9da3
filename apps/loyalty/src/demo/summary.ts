import type { Runtime } from '@loyalty/service';
import { table } from '../table.ts';
import type { DemoCounts } from './load-retailer.ts';
import type { RetailerOptions } from './retailer.ts';
import type { Care, Spending } from './spend-and-care.ts';

export interface DemoRun {
  readonly size: RetailerOptions;
  readonly seconds: number;
  readonly counts: DemoCounts;
  readonly spent: Spending;
  readonly care: Care;
}

export interface DemoSummary extends DemoRun {
  /** Someone to look at: the member who bought most. */
  readonly member: string | null;
  readonly sales: {
    readonly purchases: number;
    readonly returns: number;
    readonly net: string;
    readonly currency: string;
  } | null;
  /** Decimal text: sums over all members may pass 2^53-1. */
  readonly points: readonly {
    readonly program: string;
    readonly issued: string;
    readonly active: string;
    readonly pending: string;
    readonly spent: string;
  }[];
  readonly tiers: readonly { readonly tier: string; readonly members: number }[];
  readonly nps: number | null;
}

/** What the analysts' views say after it. */
export async function demoSummary({ database: { pool } }: Runtime, run: DemoRun): Promise<DemoSummary> {
  const query = async <Row extends object>(sql: string): Promise<Row[]> => (await pool.query<Row>(sql)).rows;
  const [member] = await query<{ member: string }>(
    'SELECT member FROM analytics.v_member_value ORDER BY monetary DESC, member LIMIT 1',
  );
  const [sales] = await query<NonNullable<DemoSummary['sales']>>(
    `SELECT sum(purchases)::bigint AS purchases, sum(returns)::bigint AS returns, trim_scale(sum(net))::text AS net, currency
     FROM analytics.v_daily_sales GROUP BY currency ORDER BY 1 DESC LIMIT 1`,
  );
  const points = await query<DemoSummary['points'][number]>(
    'SELECT program, issued, active, pending, spent FROM analytics.v_points_outstanding ORDER BY program',
  );
  const tiers = await query<DemoSummary['tiers'][number]>(
    'SELECT tier, sum(members)::bigint AS members FROM analytics.v_tier_counts GROUP BY tier ORDER BY members DESC',
  );
  const [nps] = await query<{ nps: number | null }>(
    'SELECT round(100.0 * (sum(promoters) - sum(detractors)) / nullif(sum(answers), 0))::int AS nps FROM analytics.v_nps',
  );
  return { ...run, member: member?.member ?? null, sales: sales ?? null, points, tiers, nps: nps?.nps ?? null };
}

export function summaryText({
  size,
  seconds,
  counts,
  spent,
  care,
  sales,
  points,
  tiers,
  nps,
  member,
}: DemoSummary): string {
  const { documents, duplicates, refused, voids, answers } = counts;
  const lines = [
    `A retailer with ${size.members} members and ${size.months} months of history (seed ${size.seed}), loaded in ${seconds.toFixed(1)} s:`,
    `  ${documents} documents recorded, ${duplicates} known already, ${refused} refused; ${voids} voided; ${answers} answers to surveys`,
  ];
  if (sales)
    lines.push(`  ${sales.purchases} purchases and ${sales.returns} returns, net ${sales.net} ${sales.currency}`);
  lines.push(
    `  ${spent.redemptions} redemptions of ${spent.points} points; ${care.opened} complaints, ${care.resolved} of them resolved; NPS ${nps ?? '-'}`,
  );
  lines.push(
    '',
    table(
      ['program', 'issued', 'pending', 'active', 'spent'],
      points.map((each) => [each.program, each.issued, each.pending, each.active, each.spent]),
    ),
  );
  lines.push(
    '',
    table(
      ['tier', 'members'],
      tiers.map((each) => [each.tier, each.members]),
    ),
  );
  if (member !== null) lines.push('', `The best customer is ${member}: GET /v1/members/${member}/balance`);
  return lines.join('\n');
}
