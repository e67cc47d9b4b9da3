import type { PurchaseReturned } from '@loyalty/contracts';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import type { Document } from './core/document.ts';
import { parseDocument } from './core/parse-document.ts';
import { findPurchase } from './find-purchase.ts';
import { purchasesChecks } from './checks.ts';
import { createPurchasesWriter, type PurchasesWriter } from './purchases-writer.ts';
import { installForTests } from './purchases.fixture.ts';
import { recordDocuments, type DocumentOutcome, type Door } from './record-documents.ts';
import { voidDocument } from './void-document.ts';

let database: TestDatabase;
const open: PurchasesWriter[] = [];
beforeAll(async () => void (database = await testDatabase({ name: 'purchases', prepare: installForTests })));
afterEach(async () => void (await Promise.all(open.splice(0).map((writer) => writer.close()))));
afterAll(async () => {
  await database.close();
});

/** A writer of its own: what it has not written itself it must load. */
function door(): Door {
  const writer = createPurchasesWriter(database.pool, { validate: true });
  open.push(writer);
  return { pool: database.pool, writer };
}

interface Given {
  member?: string;
  day: number;
  lines: { quantity: string; item?: string; unitPrice?: string; of?: { id: string } }[];
}

function document(source: string, id: string, { member, day, lines }: Given): Document {
  const parsed = parseDocument({
    source,
    id,
    ...(member !== undefined && { member }),
    at: new Date(Date.UTC(2026, 0, day)).toISOString(),
    currency: 'GBP',
    lines: lines.map((line) => ({ item: 'tea', unitPrice: '1', ...line })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

async function matching(source: string, ids: string[]): Promise<unknown[]> {
  return Promise.all(
    ids.map(async (id) => {
      const found = await findPurchase(database.pool, source, id);
      return [
        id,
        found?.return?.lines.map(({ matches, unmatched }: PurchaseReturned['lines'][number]) => ({
          matches,
          unmatched,
        })),
      ];
    }),
  );
}

const kinds = (outcomes: readonly DocumentOutcome[]): string[] => outcomes.map(({ kind }) => kind);

const FACTS: Record<string, Given> = {
  p1: { member: 'm', day: 1, lines: [{ quantity: '2' }, { quantity: '1', item: 'cup' }] },
  p2: { member: 'm', day: 3, lines: [{ quantity: '1' }] },
  r1: { member: 'm', day: 4, lines: [{ quantity: '-2' }] },
  p3: { member: 'm', day: 4, lines: [{ quantity: '5' }, { quantity: '-1', item: 'cup' }] },
  n1: { member: 'm', day: 2, lines: [{ quantity: '-1', of: { id: 'p4' } }] },
  p4: { member: 'm', day: 6, lines: [{ quantity: '1' }] },
  r2: { member: 'm', day: 9, lines: [{ quantity: '-3.5' }] },
  n2: { day: 9, lines: [{ quantity: '-1', of: { id: 'p1' } }] },
};

it('ends in the same matching whatever order facts came in, with states cached or loaded', async () => {
  const ids = Object.keys(FACTS);
  const returns = ['r1', 'p3', 'n1', 'r2', 'n2'];
  let run = 0;
  let expected: unknown;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(ids, { minLength: ids.length, maxLength: ids.length }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      async (order, fresh) => {
        const source = `order-${run++}`;
        let through = door();
        // Whoever brings back without being known can only do so once the purchase is.
        for (const [i, id] of [...order.filter((each) => each !== 'n2'), 'n2'].entries()) {
          if (fresh[i]) {
            await through.writer.close();
            through = door();
          }
          const given = FACTS[id] as Given;
          const fact = document(source, id, { ...given, ...(given.member && { member: `m-${source}` }) });
          expect(kinds(await recordDocuments(through, [fact]))).toEqual(['accepted']);
        }
        await voidDocument(through, { source, id: 'p2', reason: undefined });
        await through.writer.close();
        const found = JSON.parse(
          JSON.stringify(await matching(source, returns)).replaceAll(source, 'order'),
        ) as unknown;
        expected ??= found;
        expect(found).toEqual(expected);
      },
    ),
    { numRuns: 5, endOnFailure: true },
  );
  for (const check of purchasesChecks)
    expect(await check.run(database.pool, 0)).toMatchObject({ ok: true, problems: [] });
});

it('records a batch of which each depends on the one before', async () => {
  const outcomes = await recordDocuments(door(), [
    document('batch', 'r', { day: 2, lines: [{ quantity: '-1', of: { id: 'p' } }] }),
    document('batch', 'p', { member: 'batch', day: 1, lines: [{ quantity: '1' }] }),
    document('batch', 'x', { day: 2, lines: [{ quantity: '-1', of: { id: 'nowhere' } }] }),
    document('batch', 'nobody', { day: 1, lines: [{ quantity: '3' }] }),
    document('batch', 'nobody-back', { day: 2, lines: [{ quantity: '-1', of: { id: 'nobody' } }] }),
  ]);
  expect(kinds(outcomes)).toEqual(['accepted', 'accepted', 'refused', 'accepted', 'accepted']);
  expect((await findPurchase(database.pool, 'batch', 'r'))?.member).toBe('batch');
  expect(await findPurchase(database.pool, 'batch', 'nobody-back')).toMatchObject({
    member: null,
    return: { lines: [{ unmatched: '0' }] },
  });
});

it('gives many writers of the same documents one answer each', async () => {
  const documents = Array.from({ length: 200 }, (_, i) =>
    document('race', `p${i}`, {
      member: `race-${i % 7}`,
      day: 1 + (i % 20),
      lines: [{ quantity: i % 5 === 0 ? '-1' : '2' }],
    }),
  );
  const results = await Promise.all([door(), door(), door()].map((each) => recordDocuments(each, documents)));
  const recorded = documents.map(
    (_, i) => results.filter((outcomes) => outcomes[i]?.kind === 'accepted' && !outcomes[i].replayed).length,
  );
  expect(new Set(recorded)).toEqual(new Set([1]));
  for (const check of purchasesChecks) expect(await check.run(database.pool, 0)).toMatchObject({ ok: true });
});

it('the checks see what is wrong', async () => {
  // The log refuses changes by trigger: who tampers as superuser switches it off, and is seen.
  const broken = await testDatabase({ name: 'purchases', prepare: installForTests });
  try {
    const writer = createPurchasesWriter(broken.pool);
    await recordDocuments({ pool: broken.pool, writer }, [
      document('t', 'p', { member: 'm', day: 1, lines: [{ quantity: '1' }] }),
      document('t', 'r', { member: 'm', day: 2, lines: [{ quantity: '-1' }] }),
    ]);
    await writer.close();
    const tamper = async (sql: string): Promise<void> => {
      const client = await broken.pool.connect();
      await client.query('SET session_replication_role = replica');
      await client.query(sql);
      client.release(true);
    };
    await tamper(
      `UPDATE purchases.events SET data = replace(data, '"line":1,"quantity":"1"}]', '"line":1,"quantity":"2"}]')`,
    );
    await tamper('DELETE FROM purchases.returning_members');
    const results = await Promise.all(purchasesChecks.map((check) => check.run(broken.pool, 0)));
    expect(results.map(({ ok }) => ok)).toEqual([false, false, false]);
    expect(results.flatMap(({ problems }) => problems)).toEqual([
      'of line 1 of t/p, 2 came back and 1 was bought',
      'return t/r of m is matched otherwise than its history says',
      'a return of m is missing in returning_members',
    ]);
  } finally {
    await broken.close();
  }
});
