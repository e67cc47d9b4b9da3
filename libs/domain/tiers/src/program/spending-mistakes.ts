import { parseInstant } from '@loyalty/kernel';
import type { ProgramDocument } from './program-document.ts';
import type { Problem } from './program-mistakes.ts';

/** Rewards of one name, for tiers that do not exist, or never to be had. */
export function spendingMistakes({ rewards, tiers }: ProgramDocument): Problem[] {
  const problems: Problem[] = [];
  const known = new Set(tiers.ladder.map(({ id }) => id));
  for (const [i, reward] of rewards.entries()) {
    if (rewards.findIndex((other) => other.id === reward.id) < i)
      problems.push({ path: ['rewards', i, 'id'], reason: `${reward.id} is used twice` });
    for (const [n, tier] of (reward.tiers ?? []).entries()) {
      if (!known.has(tier)) problems.push({ path: ['rewards', i, 'tiers', n], reason: `there is no tier ${tier}` });
    }
    const { from, until } = reward;
    if (from !== undefined && until !== undefined && instantOf(until) < instantOf(from))
      problems.push({
        path: ['rewards', i, 'until'],
        reason: `must not lie before ${from}, from when it is to be had`,
      });
  }
  return problems;
}

/** Days against days and instants against instants are exact; a day against an instant is, within a day. */
const instantOf = (text: string): number => parseInstant(text.length === 10 ? `${text}T00:00:00Z` : text) ?? 0;
