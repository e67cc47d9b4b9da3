import type { FeedbackQuery, MemberValueQuery, ProgramDaysQuery, SalesQuery } from './analytics.dto.ts';
import type { ViewList } from './view-page.ts';
import { DailyCsat, DailyNps, DailyPoints, DailySales, MemberValue } from './views/index.ts';

const days = ({ from, to }: { from?: string; to?: string }) =>
  [
    ['v.day >= ?', from],
    ['v.day <= ?', to],
  ] as const;

export function dailySales(query: SalesQuery): ViewList<DailySales> {
  return {
    name: 'daily-sales',
    view: DailySales,
    where: [
      ...days(query),
      ['v.source = ?', query.source],
      ['v.store = ?', query.store],
      ['v.channel = ?', query.channel],
      ['v.currency = ?', query.currency],
    ],
    order: [
      ['v.day', 'day'],
      ['v.source', 'text'],
      [`coalesce(v.store, '')`, 'text'],
      [`coalesce(v.channel, '')`, 'text'],
      ['v.currency', 'text'],
    ],
    at: (row) => [row.day, row.source, row.store ?? '', row.channel ?? '', row.currency],
  };
}

export function dailyPoints(query: ProgramDaysQuery): ViewList<DailyPoints> {
  return {
    name: 'daily-points',
    view: DailyPoints,
    where: [...days(query), ['v.program = ?', query.program]],
    order: [
      ['v.day', 'day'],
      ['v.program', 'text'],
    ],
    at: (row) => [row.day, row.program],
  };
}

export function memberValue({ member, currency, sort }: MemberValueQuery): ViewList<MemberValue> {
  const where = [
    ['v.member = ?', member],
    ['v.currency = ?', currency],
  ] as const;
  if (sort !== 'monetary') {
    return {
      name: 'member-value',
      view: MemberValue,
      where,
      order: [
        ['v.member', 'text'],
        ['v.currency', 'text'],
      ],
      at: (row) => [row.member, row.currency],
    };
  }
  return {
    name: 'member-value/monetary',
    view: MemberValue,
    where,
    order: [
      ['-v.monetary', 'decimal'],
      ['v.member', 'text'],
      ['v.currency', 'text'],
    ],
    at: (row) => [row.monetary.startsWith('-') ? row.monetary.slice(1) : `-${row.monetary}`, row.member, row.currency],
  };
}

export function dailyNps(query: FeedbackQuery): ViewList<DailyNps> {
  return { name: 'nps', view: DailyNps, ...byPlace(query) };
}

export function dailyCsat(query: FeedbackQuery): ViewList<DailyCsat> {
  return { name: 'csat', view: DailyCsat, ...byPlace(query) };
}

function byPlace(query: FeedbackQuery): Pick<ViewList<DailyNps | DailyCsat>, 'where' | 'order' | 'at'> {
  return {
    where: [...days(query), ['v.store = ?', query.store], ['v.channel = ?', query.channel]],
    order: [
      ['v.day', 'day'],
      [`coalesce(v.store, '')`, 'text'],
      [`coalesce(v.channel, '')`, 'text'],
    ],
    at: (row) => [row.day, row.store ?? '', row.channel ?? ''],
  };
}
