import { addPeriod, formatInstant } from '@loyalty/kernel';
import { parseMicros } from '../core/micros.ts';
import { expiryOf } from '../core/terms.ts';
import type { ProgramDocument } from './program-document.ts';
import { spendingMistakes } from './spending-mistakes.ts';

export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** What no shape can tell: ids that must differ or exist, a ladder that must rise, points that would expire before they are active. */
export function programMistakes(document: ProgramDocument): Problem[] {
  return [
    ...ladderMistakes(document),
    ...ruleMistakes(document),
    ...termMistakes(document),
    ...spendingMistakes(document),
  ];
}

function ladderMistakes({ tiers: { ladder, window } }: ProgramDocument): Problem[] {
  const problems: Problem[] = [];
  const at = (i: number, key: string) => ['tiers', 'ladder', i, key];
  for (const [i, tier] of ladder.entries()) {
    const before = ladder[i - 1];
    if (i === 0 && parseMicros(tier.from) !== 0n)
      problems.push({ path: at(i, 'from'), reason: 'the lowest tier must be from 0' });
    if (before && parseMicros(tier.from) <= parseMicros(before.from)) {
      problems.push({ path: at(i, 'from'), reason: `must be above ${before.from}, the line of the tier before it` });
    }
    if (ladder.findIndex((other) => other.id === tier.id) < i)
      problems.push({ path: at(i, 'id'), reason: `${tier.id} is used twice` });
  }
  if (window.rolling.months + window.rolling.days + window.rolling.ms === 0) {
    problems.push({ path: ['tiers', 'window', 'rolling'], reason: 'a window must be longer than nothing' });
  }
  return problems;
}

function ruleMistakes({ earning, tiers }: ProgramDocument): Problem[] {
  const problems: Problem[] = [];
  for (const [i, { id, award }] of earning.entries()) {
    if (earning.findIndex((other) => other.id === id) < i)
      problems.push({ path: ['earning', i, 'id'], reason: `${id} is used twice` });
    if (!('multiply' in award)) continue;
    const path = ['earning', i, 'award', 'multiply'];
    const target = earning.findIndex((other) => other.id === award.multiply);
    if (target < 0) problems.push({ path, reason: `there is no rule ${award.multiply}` });
    else if (target >= i)
      problems.push({ path, reason: `${award.multiply} must stand before the rule that multiplies it` });
    else if ('multiply' in earning[target]!.award)
      problems.push({ path, reason: `${award.multiply} multiplies another rule itself` });
    if (typeof award.by === 'string') continue;
    for (const tier of Object.keys(award.by)) {
      if (!tiers.ladder.some((step) => step.id === tier)) {
        problems.push({ path: ['earning', i, 'award', 'by', tier], reason: `there is no tier ${tier}` });
      }
    }
  }
  return problems;
}

const DAY_MS = 86_400_000;

/** Looks at both ends of every day of four years: P30D is longer than P1M in February alone, and a year ends at midnight. */
function termMistakes({ points: { pending, expiry }, effectiveFrom, timeZone }: ProgramDocument): Problem[] {
  if (expiry === 'never') return [];
  for (let day = 0; day < 1461; day++) {
    const midnight = effectiveFrom + day * DAY_MS;
    for (const at of [midnight, midnight + DAY_MS - 1]) {
      if (addPeriod(timeZone, at, pending) < expiryOf(timeZone, at, expiry)) continue;
      const reason = `points bought ${formatInstant(at)} would expire before they become active: pending must be shorter than expiry`;
      return [{ path: ['points', 'pending'], reason }];
    }
  }
  return [];
}
