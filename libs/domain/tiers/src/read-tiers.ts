import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { Programs } from './core/programs.ts';
import { TIERS_SCHEMA as schema } from './names.ts';

/** A stretch of time in which a member holds a tier; `until` is exclusive, null = no end is certain. */
export interface TierStep {
  readonly tier: string;
  readonly from: EpochMs;
  readonly until: EpochMs | null;
}

export interface MemberTiers {
  readonly program: string;
  readonly steps: readonly TierStep[];
}

const ms = (column: string): string => `floor(extract(epoch FROM ${column}) * 1000)::bigint`;

/** The steps of a member in every program, by program; those certain to come included. Empty for a member nobody knows. */
export async function readMemberTiers(pool: Pool, member: string): Promise<MemberTiers[]> {
  const { rows } = await pool.query<{ program: string; tier: string; from: number; until: number | null }>(
    `SELECT program, tier, ${ms('held_from')} AS from, ${ms('held_until')} AS until
     FROM ${schema}.tier_steps WHERE member = $1 ORDER BY program, held_from`,
    [member],
  );
  return [...Map.groupBy(rows, ({ program }) => program)].map(([program, steps]) => ({
    program,
    steps: steps.map(({ tier, from, until }) => ({ tier, from, until })),
  }));
}

/** The step that holds at an instant. */
export function stepAt(steps: readonly TierStep[], at: EpochMs): TierStep | undefined {
  return steps.findLast((step) => step.from <= at);
}

/**
 * Lines that mean the same wherever the facts are the same, in order: every tier step with its dates, by program and member.
 * Steps to come are certain and enter with their dates, so the text does not depend on when it is asked for.
 */
export async function* tiersChecksumRows(pool: Pool): AsyncGenerator<string> {
  const page = 5_000;
  let after = { program: '', member: '' };
  for (;;) {
    const { rows } = await pool.query<{ program: string; member: string; steps: string }>(
      `SELECT program, member, string_agg(tier || ' ' || ${ms('held_from')}, ' ' ORDER BY held_from) AS steps
       FROM ${schema}.tier_steps
       WHERE (program, member) IN (
         SELECT program, member FROM ${schema}.tier_courses WHERE (program COLLATE "C", member COLLATE "C") > ($1, $2)
         ORDER BY program COLLATE "C", member COLLATE "C" LIMIT ${page}
       )
       GROUP BY program, member ORDER BY program COLLATE "C", member COLLATE "C"`,
      [after.program, after.member],
    );
    for (const { program, member, steps } of rows) yield JSON.stringify(['tier', program, member, steps]);
    const last = rows.at(-1);
    if (!last) return;
    after = last;
  }
}

/** A version as lists show it. */
export function describePrograms(programs: Programs, now: EpochMs) {
  return programs.all.map((version) => ({
    program: version.program,
    version: version.version,
    effectiveFrom: formatInstant(version.effectiveFrom),
    inForce: programs.inForce(version.program, now) === version,
    default: version.program === programs.fallback,
    sources: version.sources,
    timeZone: version.zone.id,
    currency: version.currency,
    points: version.points.name,
    tiers: version.tiers.ladder.map(({ id, name, benefits }) => ({ id, name, benefits })),
    rules: version.rules.map(({ id }) => id),
  }));
}
