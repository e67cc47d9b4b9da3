import { documentKey } from './document.ts';
import type { History } from './history.ts';
import { matchItem } from './matching.ts';
import { sameMatches } from './rematch.ts';

/** Returns whose recorded matching is not what the history makes of them, by `documentKey`: none, if all is well. */
export function wronglyMatched(history: History): string[] {
  const wrong = new Set<string>();
  for (const { bought, returned } of history.items.values()) {
    const matches = matchItem(bought, returned);
    for (const line of returned) {
      if (!sameMatches(line.matches, matches.get(line) ?? []))
        wrong.add(documentKey(line.document.source, line.document.id));
    }
  }
  return [...wrong];
}
