import fc from 'fast-check';
import { formatInstant } from '@loyalty/kernel';
import { openDatabase, type Database } from '@loyalty/database';
import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import { readBalances } from './balances.ts';
import { chronicledBalances } from './chronicle/chronicled-balances.ts';
import { extendChronicle } from './chronicle/extend-chronicle.ts';
import { instantOf, rating, returning } from './core/scenario.fixture.ts';
import type { PointsInput } from './core/input.ts';
import { listEntries } from './entry-list.ts';
import { memberLots } from './member-lots.ts';
import { momentOf, now } from './moment.ts';
import { pointsEntities } from './points-entities.ts';
import { installForTests, learnPrograms } from './points.fixture.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = instantOf('2026-03-01');
const clock = fakeClock(start);
let test: TestDatabase;
let database: Database;
let writer: PointsWriter;
let member = 'm-1';

beforeEach(async () => {
  clock.set(start);
  member = 'm-1';
  test = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: test.url, name: 'as-of', entities: pointsEntities });
  writer = createPointsWriter(test.pool, { clock: clock.micros, validate: true });
  await learnPrograms(writer, 'club');
});
afterEach(async () => {
  await writer.close();
  await database.close();
  await test.close();
});

/** Tells one thing an hour, and gives the time recorded. */
async function tell(...inputs: PointsInput[]): Promise<void> {
  for (const input of inputs) {
    clock.advance(HOUR);
    await writer.execute({ subject: member, input });
  }
}

const spend = (points: number, id: string): PointsInput => ({ kind: 'redeem', id, points, program: 'club' });
const expiring = (id: string, at: string, points: number): PointsInput =>
  rating(id, at, points, { activeFrom: `${at}T00:00:00.000Z`, expiresAt: formatInstant(instantOf(at) + 60 * DAY) });

describe('what was true, and what was believed', () => {
  it('differ where a fact came late', async () => {
    await tell(expiring('a', '2026-02-01', 100));
    clock.set(instantOf('2026-03-10'));
    await tell(expiring('late', '2026-02-10', 30), returning('x', '2026-02-20', { a: 40 }));
    const active = async (query: { at?: string; known?: string }) =>
      (await readBalances(database, 'm-1', momentOf(query))).map((wallet) => wallet.active);
    expect(await active({ at: '2026-03-02T00:00:00Z' })).toEqual([90]);
    expect(await active({ known: '2026-03-02T00:00:00Z' })).toEqual([100]);
    expect(await active({ at: '2026-02-15T00:00:00Z', known: '2026-03-02T00:00:00Z' })).toEqual([100]);
    expect(await active({ at: '2026-02-15T00:00:00Z' })).toEqual([130]);
    expect(await active({ known: '2026-02-28T00:00:00Z' })).toEqual([]);
    const lots = async (known: string) => (await memberLots(database, 'm-1', momentOf({ known }))).lots;
    expect((await lots('2026-03-02T00:00:00Z')).map(({ lot }) => lot)).toEqual(['shop/a']);
    expect((await lots('2026-03-11T00:00:00Z')).map(({ lot }) => lot)).toEqual(['shop/a', 'shop/late']);
  });

  it('list entries that took effect and were known by then, with the balances of their time', async () => {
    await tell(expiring('a', '2026-02-01', 100), spend(10, 'r1'));
    const known = formatInstant(clock.now());
    await tell(expiring('late', '2026-02-10', 30), spend(20, 'r2'), returning('x', '2026-02-20', { a: 40 }));
    const page = async (query: { at?: string; known?: string }, limit = 50) => {
      const seen: unknown[] = [];
      let cursor: string | undefined;
      do {
        const { items, next } = await listEntries(test.pool, 'm-1', { limit, cursor, moment: momentOf(query) });
        seen.push(...items.map(({ type, points, balance }) => `${type} ${points} → ${balance}`));
        cursor = next ?? undefined;
      } while (cursor !== undefined);
      return seen;
    };
    expect(await page({ known })).toEqual(['redeemed 10 → 90', 'earned 100 → 100']);
    const before = ['reversed 40 → 60', 'earned 30 → 120', 'earned 100 → 100'];
    expect(await page({ at: '2026-02-25T00:00:00Z' })).toEqual(before);
    expect(await page({ at: '2026-02-25T00:00:00Z' }, 1)).toEqual(before);
  });

  it('refuse what is no instant, by the name of the parameter', () => {
    expect(() => momentOf({ known: 'yesterday' })).toThrow('/known: must be an instant with its offset');
  });
});

describe('a history that is kept', () => {
  it('is not what tells where a correction forgave what a return had taken back', async () => {
    const waived = (points: number) => rating('w', '2026-02-10', points, { shortfall: 'waive' }, false);
    await tell(rating('w', '2026-02-10', 53), { kind: 'reserve', id: 'v', points: 9, ttl: 'PT2H', program: 'club' });
    await extendChronicle(test.pool, member);
    await tell(returning('x', '2026-02-20', { w: 43 }));
    clock.advance(DAY);
    await tell(waived(34));
    const [wallet] = await readBalances(database, member, momentOf({ at: formatInstant(clock.now()) }));
    expect(wallet).toMatchObject({ issued: 34, active: 9, reversed: 25, owed: 0 });
  });

  const decisions = fc.oneof(
    fc.nat({ max: 25 }).map((n): PointsInput => expiring(`p${n}`, '2026-02-01', 5000 + n)),
    fc
      .nat({ max: 25 })
      .map((n): PointsInput => expiring(`q${n}`, `2026-02-${String(n + 1).padStart(2, '0')}`, 900 - n)),
    fc.nat({ max: 25 }).map((n): PointsInput => returning(`x${n}`, '2026-02-26', { p0: n })),
    fc.nat({ max: 9999 }).map((n): PointsInput => spend(1 + (n % 40), `r${n}`)),
    fc.nat({ max: 9999 }).map((n): PointsInput => ({
      kind: 'reserve',
      id: `v${n}`,
      points: 7,
      ttl: n % 2 ? 'PT5H' : 'P3D',
      program: 'club',
    })),
    fc
      .nat({ max: 9999 })
      .map((n): PointsInput => ({ kind: 'send', id: `s${n}`, points: 3, from: 'm-0', to: 'm-2', program: 'club' })),
  );

  it('says at any instant, as known at any time, what the entries say', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(decisions, { minLength: 60, maxLength: 120 }),
        fc.array(fc.nat({ max: 2400 }), { minLength: 12, maxLength: 12 }),
        async (inputs, hours) => {
          member = `m-${(told += 1)}`;
          const begun = clock.now();
          await tell(expiring('p0', '2026-02-01', 5000));
          const half = Math.floor(inputs.length / 2);
          await tell(...unique(inputs.slice(0, half)));
          await extendChronicle(test.pool, member);
          await tell(...unique(inputs.slice(half)));
          for (const hour of hours) {
            const moments = [
              { at: formatInstant(begun + (hour - 800) * HOUR) },
              {
                at: formatInstant(begun + (hour - 800) * HOUR),
                known: formatInstant(begun + (hour % inputs.length) * HOUR),
              },
            ];
            for (const query of moments) {
              const moment = momentOf(query);
              const kept = await readBalances(database, member, moment);
              const total: Record<string, number> = {};
              const { lots } = await memberLots(database, member, moment);
              for (const { balance } of lots) {
                for (const [bucket, points] of Object.entries(balance)) total[bucket] = (total[bucket] ?? 0) + points;
              }
              expect(kept.map(({ program: _program, spendable: _spendable, ...sums }) => sums)).toEqual(
                lots.length === 0 ? [] : [total],
              );
            }
          }
          expect(await chronicledBalances(test.pool, member, now())).toMatchObject({ state: 'ready' });
        },
      ),
      { numRuns: 6 },
    );
  }, 60_000);

  let told = 0;
  const unique = (inputs: readonly PointsInput[]): PointsInput[] =>
    inputs.map((input) => ('id' in input ? { ...input, id: `${input.id}-${(told += 1)}` } : input));
});
