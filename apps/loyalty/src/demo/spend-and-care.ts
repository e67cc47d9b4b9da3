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

/** Cases looked after at once. */
const AT_ONCE = 25;

/** Agents take the oldest cases first: some are resolved, some under way, the latest still wait. */
export async function careForCases(random: Random, pool: Pool, writer: FeedbackWriter): Promise<Care> {
  const { items } = await listCases(pool, { status: 'open' }, { limit: 500 });
  const taken = items.slice(0, Math.ceil(items.length * 0.7)).map(({ id }) => ({ id, plan: planFor(random) }));
  for (let from = 0; from < taken.length; from += AT_ONCE) {
    await Promise.all(taken.slice(from, from + AT_ONCE).map(({ id, plan }) => follow(plan, id, pool, writer)));
  }
  return { opened: items.length, resolved: taken.filter(({ plan }) => plan.rootCause !== undefined).length };
}

interface Plan {
  readonly agent: string;
  readonly action: string | undefined;
  readonly rootCause: string | undefined;
}

function planFor(random: Random): Plan {
  const agent = random.pick(AGENTS);
  const action = random.chance(0.85) ? random.pick(ACTIONS) : undefined;
  return {
    agent,
    action,
    rootCause: action !== undefined && random.chance(0.8) ? random.pick(ROOT_CAUSES) : undefined,
  };
}

async function follow(
  { agent, action, rootCause }: Plan,
  id: string,
  pool: Pool,
  writer: FeedbackWriter,
): Promise<void> {
  const subject = (await findCase(pool, id))?.subject;
  if (subject === undefined) return;
  await writer.execute(caseWork(subject, { kind: 'assignCase', case: id, assignee: agent }, `demo-assign-${id}`));
  if (action === undefined) return;
  await writer.execute(caseWork(subject, { kind: 'actOnCase', case: id, by: agent, action }, `demo-act-${id}`));
  if (rootCause === undefined) return;
  await writer.execute(
    caseWork(subject, { kind: 'resolveCase', case: id, by: agent, rootCause }, `demo-resolve-${id}`),
  );
}
