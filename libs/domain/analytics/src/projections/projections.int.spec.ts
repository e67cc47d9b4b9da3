import { migrate } from '@loyalty/database';
import type { ReadModelDefinition } from '@loyalty/projections';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import { readModels } from './index.ts';

/** An event as it is laid into the log of the test; shard and position follow from the order. */
interface Happened {
  readonly type: string;
  readonly subject: string;
  readonly at: number;
  readonly data: object;
}

const DAY_MS = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const instant = (ms: number): string => new Date(ms).toISOString();

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({
    name: 'analytics_projections',
    prepare: async (pool) => {
      await migrate(pool, 'analytics', new URL('../../migrations/', import.meta.url));
      await pool.query(
        `CREATE TABLE log (shard smallint, position bigint, id uuid DEFAULT uuidv7(), type text, subject text, time timestamptz,
          recorded timestamptz DEFAULT now(), data text, PRIMARY KEY (shard, position))`,
      );
    },
  });
});
afterAll(() => database.close());

async function write(events: readonly Happened[]): Promise<void> {
  const placed = events.map((event, i) => ({
    shard: 3,
    position: i + 1,
    type: event.type,
    subject: event.subject,
    time: instant(event.at),
    data: JSON.stringify(event.data),
  }));
  await database.pool.query('TRUNCATE log');
  await database.pool.query(
    `INSERT INTO log (shard, position, type, subject, time, data)
     SELECT * FROM json_to_recordset($1) AS e (shard smallint, position bigint, type text, subject text, time timestamptz, data text)`,
    [JSON.stringify(placed)],
  );
}

/** The table's rows after the log went through in pieces that end at `cuts`. */
async function rowsAfter(model: ReadModelDefinition, length: number, cuts: readonly number[]): Promise<unknown[]> {
  const table = `analytics.${model.name}`;
  await database.pool.query(`TRUNCATE ${table}`);
  const ends = [...new Set([...cuts.filter((cut) => cut < length), length])].sort((a, b) => a - b);
  let from = 0;
  for (const to of ends) {
    const events = `(SELECT shard, position, id, type, subject, time, recorded, data FROM log WHERE shard = 3 AND position > ${from} AND position <= ${to})`;
    await database.pool.query(model.sql.replaceAll('{events}', `${events} AS piece`).replaceAll('{table}', table));
    from = to;
  }
  const { rows } = await database.pool.query<{ row: string }>(
    `SELECT t::text AS row FROM ${table} AS t ORDER BY t::text COLLATE "C"`,
  );
  return rows.map((each) => each.row);
}

/** Whatever a service may have written, as far as analytics can tell. Times are days, so that some coincide. */
const day = fc.integer({ min: 0, max: 9 }).map((n) => start + n * DAY_MS);
const member = fc.constantFrom('m-1', 'm-2');
const amount = fc.integer({ min: 0, max: 500 });

interface Draft {
  readonly what: number;
  readonly which: number;
  readonly member: string;
  readonly day: number;
  readonly amount: number;
  readonly flag: boolean;
}
const draft: fc.Arbitrary<Draft> = fc.record({
  what: fc.nat(99),
  which: fc.nat(5),
  member,
  day,
  amount,
  flag: fc.boolean(),
});
const drafts = fc.array(draft, { minLength: 1, maxLength: 40 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });

/** Documents are written once, voided or amended afterwards. */
function salesStory(plans: readonly Draft[]): Happened[] {
  const events: Happened[] = [];
  const known = new Map<string, { who: string | undefined; at: number; returned: boolean }>();
  plans.forEach((plan, n) => {
    const targets = [...known.keys()];
    const target = targets[plan.which % Math.max(1, targets.length)];
    const of = { source: 's', id: target ?? 'unknown', line: 1, quantity: `${plan.amount % 3}.5` };
    if (plan.what < 50 || target === undefined) {
      const id = `d-${n}`;
      const who = plan.flag ? plan.member : undefined;
      const returned = plan.what % 5 === 0;
      known.set(id, { who, at: plan.day, returned });
      const document = {
        source: 's',
        id,
        ...(who && { member: who }),
        at: instant(plan.day),
        currency: 'CNY',
        ...(plan.flag && { store: 'harbour' }),
      };
      const lines = [
        { line: 1, quantity: '2.5', matches: [of, { ...of, quantity: '1' }] },
        { line: 2, quantity: '1', matches: [] },
      ];
      events.push({
        type: returned ? 'purchase.returned.v1' : 'purchase.recorded.v1',
        subject: who ?? `doc:s/${id}`,
        at: plan.day,
        data: { ...document, lines, total: `${plan.amount}.25` },
      });
      return;
    }
    const { who, at, returned } = known.get(target)!;
    const subject = who ?? `doc:s/${target}`;
    if (plan.what < 75 && returned) {
      const lines = plan.flag
        ? [{ line: 1, matches: [{ ...of, id: 'd-0' }], unmatched: '0' }]
        : [{ line: 1, matches: [], unmatched: '1' }];
      events.push({
        type: 'purchase.amended.v1',
        subject,
        at,
        data: { return: { source: 's', id: target }, at: instant(at), lines },
      });
    } else {
      known.delete(target);
      events.push({ type: 'purchase.voided.v1', subject, at, data: { source: 's', id: target, at: instant(at) } });
    }
  });
  return events;
}

/** Lots are opened once; a correction may come first; everything after posts both sides. */
function pointsStory(plans: readonly Draft[]): Happened[] {
  const opened = new Set<string>();
  return plans.map((plan, n) => {
    const lot = `s/${plan.which}`;
    const boughtAt = start + plan.which * DAY_MS;
    const terms = {
      activeFrom: instant(plan.day + DAY_MS),
      expiresAt: plan.flag ? instant(plan.day + 5 * DAY_MS) : null,
    };
    const body = { program: 'p', at: instant(plan.day), lot, points: plan.amount };
    const key = `${plan.member} ${lot}`;
    const posted = (from: string, to: string): object[] => [
      { lot, bucket: from, points: -plan.amount },
      { lot, bucket: to, points: plan.amount },
    ];
    const event = (type: string, data: object, at = plan.day): Happened => ({
      type,
      subject: plan.member,
      at,
      data: { ...body, ...data },
    });
    if (plan.what < 40 && !opened.has(key)) {
      opened.add(key);
      const type = plan.what < 30 ? 'points.earned.v1' : 'points.opened.v1';
      const repays = plan.flag ? posted('held', 'owed') : [];
      return event(type, { ...terms, postings: [...posted('issued', 'held'), ...repays] }, boughtAt);
    }
    if (plan.what < 60)
      return event('points.corrected.v1', { ...terms, postings: plan.flag ? posted('issued', 'held') : [] }, boughtAt);
    if (plan.what < 70)
      return event('points.reversed.v1', {
        postings: [
          ...posted('held', 'reversed'),
          { lot: 'other', bucket: 'owed', points: -1 },
          { lot: 'other', bucket: 'reversed', points: 1 },
        ],
      });
    if (plan.what < 80) return event('points.redeemed.v1', { postings: posted('held', 'spent') });
    if (plan.what < 90)
      return event('points.adjusted.v1', {
        ...terms,
        lot: `adjust/${n}`,
        points: -plan.amount - 1,
        postings: posted('held', 'issued'),
      });
    return event('points.adjusted.v1', {
      ...terms,
      lot: `adjust/${n}`,
      points: plan.amount + 1,
      postings: posted('issued', 'held'),
    });
  });
}

function tiersStory(plans: readonly Draft[]): Happened[] {
  return plans.map((plan) => {
    const course = Array.from({ length: 1 + (plan.what % 3) }, (_, i) => ({
      tier: (plan.amount + i) % 5 === 0 ? null : `t${(plan.amount + i) % 4}`,
      from: instant(plan.day + i * plan.which * DAY_MS + i),
    }));
    const rated = { purchase: { source: 's', id: 'x' }, at: instant(plan.day), program: `p${plan.which % 2}` };
    const with_ = plan.flag ? { course } : {};
    if (plan.what < 60)
      return {
        type: 'purchase.rated.v1',
        subject: plan.member,
        at: plan.day,
        data: { ...rated, reason: 'says "course": here', ...with_ },
      };
    return {
      type: 'rating.corrected.v1',
      subject: plan.member,
      at: plan.day,
      data: { cause: { kind: 'void' }, previousPoints: 0, purchase: rated, ...with_ },
    };
  });
}

function feedbackStory(plans: readonly Draft[]): Happened[] {
  return plans.map((plan) => ({
    type: 'feedback.answered.v1',
    subject: plan.member,
    at: plan.day,
    data: { kind: plan.flag ? 'nps' : 'csat', score: plan.which, store: 'harbour' },
  }));
}

const stories: Record<string, (plans: readonly Draft[]) => Happened[]> = {
  purchases: salesStory,
  points: pointsStory,
  tiers: tiersStory,
  feedback: feedbackStory,
};

describe.each(readModels)('$name', (model) => {
  it('has the same rows however its log was cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(drafts, cuts, async (plans, ends) => {
        const story = stories[model.source]!(plans);
        await write(story);
        const whole = await rowsAfter(model, story.length, []);
        expect(await rowsAfter(model, story.length, ends)).toEqual(whole);
        expect(
          await rowsAfter(
            model,
            story.length,
            story.map((_, i) => i + 1),
          ),
        ).toEqual(whole);
      }),
      { numRuns: 25 },
    );
  });
});

test('a member’s course is what a fold over all courses gives', async () => {
  const model = readModels.find((each) => each.name === 'tier_courses')!;
  await fc.assert(
    fc.asyncProperty(drafts, async (plans) => {
      const story = tiersStory(plans);
      await write(story);
      await rowsAfter(model, story.length, [3, 7]);
      const { rows } = await database.pool.query<{ key: string; steps: string[] }>(
        `SELECT member || '/' || program AS key, (SELECT array_agg(to_char(f, 'YYYY-MM-DD HH24:MI:SS.MS') || ' ' || coalesce(t, 'null') ORDER BY f) FROM unnest(froms, tiers) AS s (f, t)) AS steps FROM analytics.tier_courses`,
      );
      const folded = new Map<string, { from: string; tier: string | null }[]>();
      for (const { subject, data } of story) {
        const { course, program, purchase } = data as {
          course?: { from: string; tier: string | null }[];
          program?: string;
          purchase: { program: string };
        };
        if (!course) continue;
        const key = `${subject}/${program ?? purchase.program}`;
        const kept = (folded.get(key) ?? []).filter((step) => step.from < course[0]!.from);
        folded.set(key, [...kept, ...course]);
      }
      const expected = [...folded].map(([key, steps]) => ({
        key,
        steps: steps.map((s) => `${s.from.replace('T', ' ').replace('Z', '')} ${s.tier}`),
      }));
      const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);
      expect(rows.sort(byKey)).toEqual(expected.sort(byKey));
    }),
    { numRuns: 50 },
  );
});
