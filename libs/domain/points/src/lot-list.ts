import type { Database } from '@loyalty/database';
import { compareCodePoints } from '@loyalty/kernel';
import { decodeCursor, pageOf, type Page } from '@loyalty/service';
import type { Balance } from './core/balance.ts';
import { type MemberLot, memberLots } from './member-lots.ts';
import type { Moment } from './moment.ts';

export interface LotItem extends Omit<MemberLot, 'balance'>, Balance {}

export interface LotFilter {
  readonly moment: Moment;
  readonly program?: string | undefined;
  /** Only lots that hold points, pending or active. */
  readonly open?: boolean;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const LIST = 'lots';

/** A member's lots by program and lot. A page reads all of them: a lot's balance may hang on others (what it repaid). */
export async function listLots(database: Database, member: string, filter: LotFilter): Promise<Page<LotItem>> {
  const { moment, program, open, limit, cursor } = filter;
  const [afterProgram, afterLot] = cursor === undefined ? ['', ''] : decodeCursor(LIST, cursor, ['text', 'text']);
  const lots = (await memberLots(database, member, moment)).lots.filter(
    (lot) =>
      (program === undefined || lot.program === program) &&
      (!open || lot.balance.pending + lot.balance.active > 0) &&
      (compareCodePoints(lot.program, afterProgram) || compareCodePoints(lot.lot, afterLot)) > 0,
  );
  return pageOf(LIST, lots.slice(0, limit + 1), limit, {
    at: (lot) => [lot.program, lot.lot],
    item: ({ balance, ...lot }) => ({ ...lot, ...balance }),
  });
}
