import type { LineMatch } from '@loyalty/contracts';
import { factOrder } from '@loyalty/kernel';
import { placeOf, type History, type KnownDocument, type ReturnedItem } from './history.ts';
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
  for (const item of itemsOf(added ?? removed)) {
    const known = history.items.get(item);
    const bought = [...(known?.bought ?? []), ...(added?.bought ?? [])].filter(
      (line) => line.item === item && line.document !== removed,
    );
    const returned = [...(known?.returned ?? []), ...(added?.returned ?? [])].filter(
      (line) => line.item === item && line.document !== removed,
    );
    if (returned.length === 0) continue;
    const now = matchItem(bought, returned);
    for (const line of returned) {
      const found = now.get(line) ?? [];
      matches.set(line, found);
      if (line.document !== added && !sameMatches(line.matches, found)) changed.add(line.document);
    }
  }
  return { matches, changed: [...changed].sort((a, b) => factOrder(placeOf(a, 'return'), placeOf(b, 'return'))) };
}

function itemsOf(document: KnownDocument | undefined): Set<string> {
  return new Set([...(document?.bought ?? []), ...(document?.returned ?? [])].map((line) => line.item));
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
