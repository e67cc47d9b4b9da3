import type { PurchaseAmended, PurchaseRecorded, PurchaseReturned, PurchaseVoided } from '@loyalty/contracts';
import type { Pool } from 'pg';
import { documentNamespace } from './owners.ts';
import { SCHEMA } from './purchases-schema.ts';

/** A document as it stands now. */
export interface PurchaseView {
  readonly source: string;
  readonly id: string;
  readonly member: string | null;
  readonly status: 'recorded' | 'returned' | 'exchanged' | 'voided';
  /** What was bought; null for a return. */
  readonly purchase: PurchaseRecorded | null;
  /** What came back, with the lines it undoes as matched now; null where nothing did. */
  readonly return: PurchaseReturned | null;
  readonly voided: { readonly reason: string | null } | null;
}

type Entry =
  | { type: 'purchase.recorded.v1'; data: PurchaseRecorded }
  | { type: 'purchase.returned.v1'; data: PurchaseReturned }
  | { type: 'purchase.amended.v1'; data: PurchaseAmended }
  | { type: 'purchase.voided.v1'; data: PurchaseVoided };

/** The document that a source calls by this id; undefined when none was recorded. */
export async function findPurchase(pool: Pool, source: string, id: string): Promise<PurchaseView | undefined> {
  // The key tells shard and subject; the subject's events that hold the id as text are few, and looked at closely below.
  const { rows } = await pool.query<{ type: string; data: string }>({
    name: `${SCHEMA}_find_purchase`,
    text: `SELECT e.type, e.data
           FROM ${SCHEMA}.keys AS k
           JOIN ${SCHEMA}.events AS e ON e.shard = k.shard AND e.subject = k.subject
           WHERE k.namespace = $1 AND k.key = $2 AND NOT k.refused AND strpos(e.data, $3) > 0
           ORDER BY e.position`,
    values: [documentNamespace(source), id, `"id":${JSON.stringify(id)}`],
  });
  const own = rows
    .map(({ type, data }) => ({ type, data: JSON.parse(data) as unknown }) as Entry)
    .filter((entry) => isAbout(entry, source, id));
  return own.length === 0 ? undefined : own.reduce(told, blank(source, id));
}

function isAbout({ type, data }: Entry, source: string, id: string): boolean {
  const document = type === 'purchase.amended.v1' ? data.return : data;
  return document.source === source && document.id === id;
}

function blank(source: string, id: string): PurchaseView {
  return { source, id, member: null, status: 'recorded', purchase: null, return: null, voided: null };
}

function told(view: PurchaseView, { type, data }: Entry): PurchaseView {
  switch (type) {
    case 'purchase.recorded.v1':
      return { ...view, member: data.member ?? null, purchase: data, status: view.return ? 'exchanged' : 'recorded' };
    case 'purchase.returned.v1':
      return { ...view, member: data.member ?? null, return: data, status: 'returned' };
    case 'purchase.amended.v1':
      return {
        ...view,
        return: view.return && {
          ...view.return,
          lines: view.return.lines.map((line) => ({ ...line, ...data.lines.find((each) => each.line === line.line) })),
        },
      };
    case 'purchase.voided.v1':
      return { ...view, status: 'voided', voided: { reason: data.reason ?? null } };
  }
}
