import { caseWork, findCase, listCases, type FeedbackWriter } from '@loyalty/feedback';
import { redeemWork, type PointsWriter } from '@loyalty/points';
import type { Pool } from 'pg';
import type { Random } from './random.ts';
import { ACTIONS, AGENTS, ROOT_CAUSES } from './voices.ts';

export interface Spending {
  readonly redemptions: number;
  readonly points: number;
}

/** Members who came often enough spend some of their points. A decision is taken now, so it needs what has arrived by now. */
export async function spend(
  random: Random,
  members: readonly string[],
  writer: PointsWriter,
  run: string,
): Promise<Spending> {
  const works = members.map((member, i) =>
    redeemWork(member, `demo-${run}-${i}`, { points: 100 * random.between(1, 8), reference: 'demonstration' }),
  );
  let redemptions = 0;
  let points = 0;
  for (const outcome of await writer.executeMany(works)) {
    if (outcome.kind === 'failed') throw outcome.error;
    // Who has too few is refused, as at a real till.
    if (outcome.kind !== 'accepted' || outcome.replayed || outcome.answer === null) continue;
    redemptions++;
    points += outcome.answer.points;
  }
  return { redemptions, points };
}

export interface Care {
  readonly opened: number;
  readonly resolved: number;
}

/** Agents take the oldest cases first: some are resolved, some under way, the latest still wait. */
export async function careForCases(random: Random, pool: Pool, writer: FeedbackWriter): Promise<Care> {
  const { items } = await listCases(pool, { status: 'open' }, { limit: 500 });
  const taken = items.slice(0, Math.ceil(items.length * 0.7));
  let resolved = 0;
  for (const { id } of taken) {
    const subject = (await findCase(pool, id))?.subject;
    if (subject === undefined) continue;
    const agent = random.pick(AGENTS);
    await writer.execute(caseWork(subject, { kind: 'assignCase', case: id, assignee: agent }, `demo-assign-${id}`));
    if (random.chance(0.15)) continue;
    const action = random.pick(ACTIONS);
    await writer.execute(caseWork(subject, { kind: 'actOnCase', case: id, by: agent, action }, `demo-act-${id}`));
    if (random.chance(0.2)) continue;
    const rootCause = random.pick(ROOT_CAUSES);
    await writer.execute(
      caseWork(subject, { kind: 'resolveCase', case: id, by: agent, rootCause }, `demo-resolve-${id}`),
    );
    resolved++;
  }
  return { opened: items.length, resolved };
}
