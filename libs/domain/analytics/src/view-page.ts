import { decodeCursor, pageOf, type CursorKind, type CursorPart, type Page } from '@loyalty/service';
import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/** A list over a view: what is wanted of it, and the order that its cursor follows. */
export interface ViewList<Row extends ObjectLiteral> {
  readonly name: string;
  readonly view: EntityTarget<Row>;
  /** SQL conditions on `v`, with their parameters; undefined values are left out. */
  readonly where: readonly (readonly [condition: string, value: unknown])[];
  /** SQL expressions on `v`, none ever null, together unique: the order, ascending. */
  readonly order: readonly (readonly [expression: string, kind: CursorKind])[];
  /** The same of a row as it was read. */
  at(row: Row): readonly CursorPart[];
}

/** One page of a view, by keyset: a page deep in the list costs what the first one does. */
export async function viewPage<Row extends ObjectLiteral>(
  manager: EntityManager,
  list: ViewList<Row>,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<Row>> {
  const query = manager.createQueryBuilder(list.view, 'v').limit(page.limit + 1);
  for (const [i, [condition, value]] of list.where.entries()) {
    if (value !== undefined) query.andWhere(condition.replace('?', `:w${i}`), { [`w${i}`]: value });
  }
  if (page.cursor !== undefined) {
    const kinds = list.order.map(([, kind]) => kind);
    const parts: CursorPart[] = decodeCursor(list.name, page.cursor, kinds);
    const places = parts.map((_, i) => `:c${i}`).join(', ');
    query.andWhere(
      `(${list.order.map(([expression]) => expression).join(', ')}) > (${places})`,
      Object.fromEntries(parts.map((part, i) => [`c${i}`, part])),
    );
  }
  for (const [expression] of list.order) query.addOrderBy(expression);
  return pageOf(list.name, await query.getMany(), page.limit, { at: (row) => list.at(row), item: (row) => row });
}
