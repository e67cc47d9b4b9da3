import type { EntityManager, ObjectLiteral } from 'typeorm';
import type { ViewList } from './view-page.ts';
import type { DailyCsat, DailyNps } from './views/index.ts';

export interface NpsTotal {
  readonly answers: number;
  readonly promoters: number;
  readonly passives: number;
  readonly detractors: number;
  /** Decimal text, one place; null where nobody answered. */
  readonly nps: string | null;
}

export interface CsatTotal {
  readonly answers: number;
  readonly satisfied: number;
  /** Decimal text, one place; null where nobody answered. */
  readonly csat: string | null;
  /** Decimal text, two places; null where nobody answered. */
  readonly mean: string | null;
}

const count = (column: string): string => `coalesce(sum(v.${column}), 0)::bigint AS ${column}`;

/** Over the whole list, not only its page: shares of days cannot be averaged. */
export function npsTotal(manager: EntityManager, list: ViewList<DailyNps>): Promise<NpsTotal> {
  const nps = 'round(100.0 * (sum(v.promoters) - sum(v.detractors)) / nullif(sum(v.answers), 0), 1) AS nps';
  return total(manager, list, [...['answers', 'promoters', 'passives', 'detractors'].map(count), nps]);
}

export function csatTotal(manager: EntityManager, list: ViewList<DailyCsat>): Promise<CsatTotal> {
  const csat = 'round(100.0 * sum(v.satisfied) / nullif(sum(v.answers), 0), 1) AS csat';
  const mean = 'round(sum(v.score_sum) / nullif(sum(v.answers), 0), 2) AS mean';
  return total(manager, list, [...['answers', 'satisfied'].map(count), csat, mean]);
}

async function total<Row extends ObjectLiteral, Total>(
  manager: EntityManager,
  list: ViewList<Row>,
  columns: readonly string[],
): Promise<Total> {
  const query = manager.createQueryBuilder(list.view, 'v').select([]);
  for (const column of columns) {
    const [expression = '', alias = ''] = column.split(' AS ');
    query.addSelect(expression, alias);
  }
  for (const [i, [condition, value]] of list.where.entries()) {
    if (value !== undefined) query.andWhere(condition.replace('?', `:w${i}`), { [`w${i}`]: value });
  }
  return (await query.getRawOne<Total & object>()) as Total;
}
