import type { LineMatch } from '@loyalty/contracts';
import { factOrder } from '@loyalty/kernel';
import { placeOf, type History, type ItemHistory, type KnownDocument, type ReturnedItem } from './history.ts';
import { matchItem } from './matching.ts';

export interface Rematch {
  /** The matches of every return line of the items touched; a line that is absent was not touched. */
  readonly matches: ReadonlyMap<ReturnedItem, readonly LineMatch[]>;
  /** Returns recorded earlier whose matching is another one now, in the order of facts. */
  readonly changed: readonly KnownDocument[];
}

/** What the matching would be with one document more, or with one fewer. Changes nothing. */
export function rematch(
  history: History,
  change: { readonly added: KnownDocument } | { readonly removed: KnownDocument },
): Rematch {
  const added = 'added' in change ? change.added : undefined;
  const removed = 'removed' in change ? change.removed : undefined;
  const matches = new Map<ReturnedItem, readonly LineMatch[]>();
  const changed = new Set<KnownDocument>();
  for (const [item, own] of itemsOf(added ?? removed)) {
    const known = history.items.get(item) ?? NOTHING;
    const fresh = added === undefined ? NOTHING : own;
    const returned = [...known.returned, ...fresh.returned].filter((line) => line.document !== removed);
    if (returned.length === 0) continue;
    const bought = [...known.bought, ...fresh.bought].filter((line) => line.document !== removed);
    const now = matchItem(bought, returned);
    for (const line of returned) {
      const found = now.get(line) ?? [];
      matches.set(line, found);
      if (line.document !== added && !sameMatches(line.matches, found)) changed.add(line.document);
    }
  }
  return { matches, changed: [...changed].sort((a, b) => factOrder(placeOf(a, 'return'), placeOf(b, 'return'))) };
}

const NOTHING: Readonly<ItemHistory> = { bought: [], returned: [] };

/** The document's lines by item, gone through once: a document of 20,000 items took minutes when each looked through all lines. */
function itemsOf(document: KnownDocument | undefined): Map<string, ItemHistory> {
  const items = new Map<string, ItemHistory>();
  const of = (item: string): ItemHistory => {
    let own = items.get(item);
    if (!own) items.set(item, (own = { bought: [], returned: [] }));
    return own;
  };
  for (const line of document?.bought ?? []) of(line.item).bought.push(line);
  for (const line of document?.returned ?? []) of(line.item).returned.push(line);
  return items;
}

export function sameMatches(a: readonly LineMatch[], b: readonly LineMatch[]): boolean {
  return (
    a.length === b.length &&
    a.every((match, i) => {
      const other = b[i] as LineMatch;
      return (
        match.id === other.id &&
        match.source === other.source &&
        match.line === other.line &&
        match.quantity === other.quantity
      );
    })
  );
}
