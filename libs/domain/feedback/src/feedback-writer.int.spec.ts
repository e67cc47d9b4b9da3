import { parseInstant } from '@loyalty/kernel';
import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import { caseDetail } from './case-history.ts';
import { findCase, listCases } from './case-list.ts';
import { feedbackChecks } from './checks.ts';
import type { RecordAnswer } from './core/command.ts';
import { answerWork, caseWork } from './feedback-work.ts';
import { createFeedbackWriter, type FeedbackWriter } from './feedback-writer.ts';
import { installForTests } from './feedback.fixture.ts';
import { casesModel } from './projections/cases.ts';

const now = parseInstant('2026-06-06T02:15:00Z')!;
const HOUR_MS = 3_600_000;
const clock = fakeClock(now);
let database: TestDatabase;
let writer: FeedbackWriter;

beforeEach(async () => {
  clock.set(now);
  database = await testDatabase({ name: 'feedback', prepare: installForTests });
  writer = createFeedbackWriter(database.pool, { clock: clock.micros, validate: true });
});
afterEach(async () => {
  await writer.close();
  await database.close();
});

const angry = (id: string, member: string | null = 'm-1', comment?: string): RecordAnswer => ({
  kind: 'recordAnswer',
  id,
  question: 'nps',
  score: 2,
  ...(member !== null && { member }),
  ...(comment !== undefined && { comment }),
});
const record = (command: RecordAnswer) => writer.execute(answerWork(command));
const steps = {
  assign: (id: string, assignee: string, key: string) =>
    writer.execute(caseWork('m-1', { kind: 'assignCase', case: id, assignee }, key)),
  act: (id: string, key: string, note?: string) =>
    writer.execute(
      caseWork(
        'm-1',
        { kind: 'actOnCase', case: id, by: 'kim', action: 'called-back', ...(note !== undefined && { note }) },
        key,
      ),
    ),
  resolve: (id: string, key: string) =>
    writer.execute(caseWork('m-1', { kind: 'resolveCase', case: id, by: 'kim', rootCause: 'machine-broken' }, key)),
};
const proofs = () => Promise.all(feedbackChecks.map((check) => check.run(database.pool, now)));

it('gives the same answer to the same answer for ever, and refuses another under its id', async () => {
  const first = await record(angry('a-1', 'm-1', 'cold coffee'));
  expect(first).toMatchObject({ kind: 'accepted', answer: { id: 'a-1', case: 'case-a-1' }, replayed: false });
  clock.advance(HOUR_MS);
  expect(await record(angry('a-1', 'm-1', 'cold coffee'))).toMatchObject({
    answer: { case: 'case-a-1' },
    replayed: true,
  });
  expect(await record(angry('a-1', 'm-1', 'warm coffee'))).toEqual({ kind: 'conflict' });
  expect(await record(angry('a-1', 'm-1'))).toEqual({ kind: 'conflict' });
  expect(await record(angry('a-1', 'm-2', 'cold coffee'))).toEqual({ kind: 'conflict' });
  const refused = { ...angry('a-2'), score: 11 };
  expect(await record(refused)).toMatchObject({
    kind: 'refused',
    refusal: { code: 'score_out_of_range' },
    replayed: false,
  });
  expect(await record(refused)).toMatchObject({
    kind: 'refused',
    refusal: { code: 'score_out_of_range' },
    replayed: true,
  });
});

it('keeps no plain text of a comment anywhere', async () => {
  await record(angry('a-1', 'm-1', 'my name is Kim'));
  await steps.assign('case-a-1', 'lee', 'k-1');
  await steps.act('case-a-1', 'k-2', 'Kim was called');
  const { rows } = await database.pool.query<{ text: string }>(
    `SELECT data AS text FROM feedback.events UNION ALL SELECT answer FROM feedback.keys UNION ALL SELECT c::text FROM feedback.cases AS c`,
  );
  expect(rows.length).toBeGreaterThan(5);
  for (const { text } of rows) expect(text).not.toContain('Kim');
});

it('takes a case from its opening to its root cause, and tells its story', async () => {
  await record(angry('a-1', 'm-1', 'cold coffee'));
  await record(angry('a-2', 'm-1', 'again'));
  for (const [step, expected] of [
    [() => steps.act('case-a-1', 'k-0'), { refusal: { code: 'case_not_assigned' } }],
    [() => steps.assign('case-a-1', 'kim', 'k-1'), { answer: { case: 'case-a-1', status: 'open' } }],
    [() => steps.assign('case-a-1', 'kim', 'k-2'), { refusal: { code: 'case_already_assigned' } }],
    [() => steps.act('case-a-1', 'k-3', 'sorry'), { answer: { status: 'open' } }],
    [() => steps.resolve('case-a-1', 'k-4'), { answer: { status: 'resolved' } }],
    [() => steps.resolve('case-a-1', 'k-5'), { refusal: { code: 'case_already_resolved' } }],
    [() => steps.resolve('case-a-1', 'k-4'), { answer: { status: 'resolved' }, replayed: true }],
  ] as const) {
    clock.advance(HOUR_MS);
    expect(await step()).toMatchObject(expected);
  }
  const row = (await findCase(database.pool, 'case-a-1'))!;
  expect(await caseDetail(database.pool, row, true)).toMatchObject({
    id: 'case-a-1',
    status: 'resolved',
    member: 'm-1',
    score: 2,
    assignee: 'kim',
    actions: 1,
    rootCause: 'machine-broken',
    openedAt: '2026-06-06T02:15:00.000Z',
    resolvedAt: '2026-06-06T07:15:00.000Z',
    history: [
      { what: 'answered', at: '2026-06-06T02:15:00.000Z', kind: 'nps', score: 2, comment: { text: 'cold coffee' } },
      { what: 'opened' },
      { what: 'assigned', assignee: 'kim' },
      { what: 'acted', by: 'kim', action: 'called-back', note: { text: 'sorry' } },
      { what: 'resolved', by: 'kim', rootCause: 'machine-broken' },
    ],
  });
  expect((await caseDetail(database.pool, row, false)).history[0]?.comment).toBe('hidden');
});

it('reads erased once the member’s own key is destroyed', async () => {
  await record(angry('a-1', 'm-1', 'cold coffee'));
  await database.pool.query(`UPDATE feedback.subject_keys SET key = NULL, destroyed_at = now() WHERE subject = 'm-1'`);
  const row = (await findCase(database.pool, 'case-a-1'))!;
  expect((await caseDetail(database.pool, row, true)).history[0]?.comment).toBe('erased');
});

it('lists cases from the oldest on, by who holds them and by age', async () => {
  for (const id of ['a-1', 'a-2', 'a-3']) {
    await record(angry(id));
    clock.advance(HOUR_MS);
  }
  await record(angry('a-4', null));
  await steps.assign('case-a-2', 'kim', 'k-1');
  await steps.assign('case-a-3', 'kim', 'k-2');
  await steps.resolve('case-a-3', 'k-3');
  const ids = async (...args: Parameters<typeof listCases> extends [unknown, ...infer Rest] ? Rest : never) => {
    const { items, next } = await listCases(database.pool, ...args);
    return { ids: items.map((item) => item.id), next };
  };
  const open = { status: 'open' } as const;
  const first = await ids(open, { limit: 2 });
  expect(first.ids).toEqual(['case-a-1', 'case-a-2']);
  expect(await ids(open, { limit: 2, cursor: first.next! })).toEqual({ ids: ['case-a-4'], next: null });
  expect((await ids({ ...open, assignee: 'kim' }, { limit: 9 })).ids).toEqual(['case-a-2']);
  expect((await ids({ ...open, unassigned: true }, { limit: 9 })).ids).toEqual(['case-a-1', 'case-a-4']);
  expect((await ids({ status: 'resolved' }, { limit: 9 })).ids).toEqual(['case-a-3']);
  expect((await ids({ ...open, openedBefore: now + HOUR_MS }, { limit: 9 })).ids).toEqual(['case-a-1']);
  expect((await ids({ member: 'm-1' }, { limit: 9 })).ids).toHaveLength(3);
});

describe('the proofs', () => {
  beforeEach(async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => record(angry(`a-${n}`, n % 3 === 0 ? null : 'm-1'))));
    await steps.assign('case-a-1', 'kim', 'k-1');
  });

  it('hold', async () => {
    expect(await proofs()).toEqual([
      { ok: true, checked: 12, problems: [] },
      { ok: true, checked: 12, problems: [] },
    ]);
  });

  it('tell of a case that is not what its log says', async () => {
    await database.pool.query(`UPDATE feedback.cases SET assignee = 'eve' WHERE case_id = 'case-a-1'`);
    await database.pool.query(`DELETE FROM feedback.cases WHERE case_id = 'case-a-2'`);
    const [cases] = await proofs();
    expect(cases?.problems.toSorted()).toEqual([
      'case case-a-1 is kept as open, eve; its log says open, kim',
      'case case-a-2 is in the log and not kept',
    ]);
  });
});

it('has the same rows when its model is built from the whole log, or event by event', async () => {
  await Promise.all(Array.from({ length: 8 }, (_, n) => record(angry(`a-${n}`))));
  await steps.assign('case-a-1', 'kim', 'k-1');
  await steps.act('case-a-1', 'k-2');
  await steps.assign('case-a-1', 'lee', 'k-3');
  await steps.resolve('case-a-1', 'k-4');
  const rows = async (): Promise<unknown> =>
    (await database.pool.query('SELECT c::text FROM feedback.cases AS c ORDER BY case_id')).rows;
  const live = await rows();
  const columns = 'shard, position, id, type, subject, time, recorded, data';
  const build = (where: string) =>
    database.pool.query(
      casesModel.sql
        .replaceAll('{events}', `(SELECT ${columns} FROM feedback.events WHERE ${where})`)
        .replaceAll('{table}', 'feedback.cases'),
    );
  await database.pool.query('TRUNCATE feedback.cases');
  await build('true');
  expect(await rows()).toEqual(live);
  await database.pool.query('TRUNCATE feedback.cases');
  const { rows: events } = await database.pool.query<{ shard: number; position: number }>(
    'SELECT shard, position FROM feedback.events ORDER BY shard, position',
  );
  for (const { shard, position } of events) await build(`shard = ${shard} AND position = ${position}`);
  expect(await rows()).toEqual(live);
});
