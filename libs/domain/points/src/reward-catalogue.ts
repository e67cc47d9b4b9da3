import type { RewardTerms, TermsLearned } from '@loyalty/contracts';
import { DEFAULT_SHARDS, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { isCounted } from './core/redeem-reward.ts';
import { instant } from './core/instant.ts';
import { piecesLeft } from './core/reward-state.ts';
import { termsAt } from './core/terms.ts';
import { loadRewardStates, rewardSubject } from './load-reward-states.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** A reward as members see it. */
export interface RewardItem extends Pick<RewardTerms, 'id' | 'points' | 'perMember' | 'tiers' | 'from'> {
  readonly program: string;
  /** In the language asked for, as far as the program has it. */
  readonly name: string;
  readonly language: string;
  /** From this instant on it is not to be had any more. */
  readonly until?: string | undefined;
  /** Pieces that can be had; null where there is no end of them. */
  readonly left: number | null;
  /** A single-use code comes with it. */
  readonly codes: boolean;
  /** Within its time, and there is a piece. Whether for a member, the tier and the limit say. */
  readonly available: boolean;
}

/** Chooses one of the languages there are. */
export type LanguageChoice = (there: readonly string[]) => string | undefined;

/** The rewards of the programs' versions in force, by program and in the order of their files. */
export async function listRewards(
  pool: Pool,
  now: EpochMs,
  language: LanguageChoice,
  only?: string,
): Promise<RewardItem[]> {
  const terms = await learnedTerms(pool);
  const programs = [...new Set(terms.map(({ program }) => program))].sort();
  const asked = programs.filter((program) => only === undefined || program === only);
  const offered = asked.flatMap((program) =>
    (termsAt(terms, program, now)?.rewards ?? []).map((reward) => ({ program, reward })),
  );
  const counted = offered.filter(({ reward }) => isCounted(reward));
  const subjects = counted.map(({ program, reward }) => rewardSubject(program, reward.id));
  // Which shard they are in is no matter: their pieces are found by name.
  const states = await loadRewardStates(
    pool,
    schema,
    subjects.map((subject) => ({ subject, shard: DEFAULT_SHARDS })),
  );
  return offered.map(({ program, reward }) => {
    const state = states.get(rewardSubject(program, reward.id));
    return itemOf(program, reward, state ? piecesLeft(state, reward, now) : Infinity, now, language);
  });
}

export async function learnedTerms(pool: Pool): Promise<TermsLearned[]> {
  const { rows } = await pool.query<{ data: string }>({
    name: 'points terms',
    text: `SELECT data FROM ${schema}.terms ORDER BY position`,
  });
  return rows.map(({ data }) => JSON.parse(data) as TermsLearned);
}

function itemOf(program: string, reward: RewardTerms, left: number, now: EpochMs, choose: LanguageChoice): RewardItem {
  const { id, points, perMember, tiers, from, until, codes = false } = reward;
  const languages = Object.keys(reward.name);
  const language = choose(languages) ?? (languages.includes('en') ? 'en' : (languages[0] ?? ''));
  const inTime = (from === undefined || instant(from) <= now) && (until === undefined || now < instant(until));
  return {
    program,
    id,
    name: reward.name[language] ?? id,
    language,
    points,
    ...(perMember && { perMember }),
    ...(tiers && { tiers }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    left: left === Infinity ? null : left,
    codes,
    available: inTime && left > 0,
  };
}
