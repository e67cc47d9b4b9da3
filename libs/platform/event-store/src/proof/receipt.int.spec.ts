import { testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import { accountTemplate } from '../account.fixture.ts';
import { findEvent } from '../read.ts';
import { checkReceipt, type CheckedReceipt } from './check-receipt.ts';
import { closeBlocks } from './close-blocks.ts';
import { BeyondTreeError, makeReceipt, treeAnchors, UnknownEventError, type Receipt } from './make-receipt.ts';
import { deposit, hashesOf, inBackdoor, SCHEMA } from './proof.fixture.ts';

const EVENTS = 43;
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(accountTemplate({ shards: 1, block: 8 }));
  await deposit(database.pool, EVENTS - 1);
  await deposit(database.pool, 1, { kind: 'note', text: 'nobody else may read this' });
  await closeBlocks(database.pool, SCHEMA);
});
afterAll(() => database.close());

const receiptOf = (position: number, size?: number): Promise<Receipt> =>
  makeReceipt(database.pool, {
    schema: SCHEMA,
    service: SCHEMA,
    events: [{ shard: 0, position }],
    ...(size !== undefined && { sizes: new Map([[0, size]]) }),
  });

/** As somebody else reads the file. */
const read = (receipt: unknown): unknown => JSON.parse(JSON.stringify(receipt));
const failedStep = ({ entries }: CheckedReceipt): unknown => entries[0]?.steps.find(({ ok }) => !ok)?.check;

test('proves every event, in blocks that are closed and in the one that is not', async () => {
  const [anchor] = await treeAnchors(database.pool, SCHEMA, SCHEMA);
  for (let position = 1; position <= EVENTS; position++) {
    const receipt = await receiptOf(position);
    expect(receipt.anchors).toEqual([anchor]);
    expect(checkReceipt(read(receipt))).toMatchObject({ ok: true, entries: [{ position, anchored: false }] });
    expect(checkReceipt(read(receipt), { anchors: [anchor] })).toMatchObject({
      ok: true,
      entries: [{ anchored: true }],
    });
  }
});

test('stays as small however long the log is', async () => {
  expect(JSON.stringify(await receiptOf(1)).length).toBeLessThan(2_500);
});

test('shows the event as it stands, sealed fields sealed', async () => {
  const receipt = await receiptOf(EVENTS);
  expect(JSON.stringify(receipt)).not.toContain('nobody');
  expect(receipt.entries[0]?.event).toMatchObject({
    service: SCHEMA,
    subject: 'm0',
    type: 'account.noted.v1',
    data: expect.stringMatching(/^\{"text":"sealed:1:/),
    previous: (await hashesOf(database.pool))[EVENTS - 2]?.toString('hex'),
  });
});

test('hangs on an anchor that was taken earlier, where one is asked for', async () => {
  for (const size of [5, 8, 20, 40, EVENTS]) {
    const [then] = (await receiptOf(3, size)).anchors;
    const receipt = read(await receiptOf(5, size));
    expect(checkReceipt(receipt, { anchors: [then] })).toMatchObject({ ok: true, entries: [{ anchored: true }] });
  }
  await expect(receiptOf(6, 5)).rejects.toThrow(BeyondTreeError);
  await expect(receiptOf(5, EVENTS + 1)).rejects.toThrow(BeyondTreeError);
  await expect(receiptOf(0)).rejects.toThrow(UnknownEventError);
});

test('holds many events under one root', async () => {
  const events = Array.from({ length: EVENTS }, (_, i) => ({ shard: 0, position: i + 1 }));
  const receipt = await makeReceipt(database.pool, { schema: SCHEMA, service: SCHEMA, events });
  const { ok, entries } = checkReceipt(read(receipt));
  expect([ok, entries.length, receipt.anchors.length]).toEqual([true, EVENTS, 1]);
});

test('an event is found by its id alone', async () => {
  const { event } = (await receiptOf(17)).entries[0] as Receipt['entries'][number];
  expect(await findEvent(database.pool, SCHEMA, String(event['id']))).toEqual([{ shard: 0, position: 17 }]);
  expect(await findEvent(database.pool, SCHEMA, '00000000-0000-7000-8000-000000000000')).toEqual([]);
});

describe('an anchor kept elsewhere', () => {
  test('vouches only for the tree it was taken of', async () => {
    const receipt = await receiptOf(9);
    const [anchor] = receipt.anchors;
    const kept = (change: object): unknown => ({ anchors: [{ ...anchor, ...change }] });
    for (const change of [
      { root: 'ab'.repeat(32) },
      { hash: 'ab'.repeat(32) },
      { position: 42 },
      { shard: 1 },
      { service: 'x' },
    ])
      expect(failedStep(checkReceipt(receipt, kept(change)))).toBe('anchor');
    expect(checkReceipt(receipt, { anchors: [] }).ok).toBe(false);
    for (const file of [null, 7, {}, { anchors: 'x' }, { anchors: [{ ...anchor, root: undefined }] }])
      expect(checkReceipt(receipt, file)).toMatchObject({ ok: false, problem: expect.any(String) });
  });

  test('tells a log that was written again, receipts and all, from the one it was taken of', async () => {
    const [anchor] = (await receiptOf(EVENTS)).anchors;
    await inBackdoor(
      database.pool,
      `CREATE TABLE kept AS TABLE ${SCHEMA}.events; UPDATE ${SCHEMA}.events SET hash = sha256(hash) WHERE position = 41`,
    );
    const forged = await receiptOf(9);
    expect(checkReceipt(forged).ok).toBe(true);
    expect(failedStep(checkReceipt(forged, { anchors: [anchor] }))).toBe('anchor');
    await inBackdoor(
      database.pool,
      `DELETE FROM ${SCHEMA}.events; INSERT INTO ${SCHEMA}.events TABLE kept; DROP TABLE kept`,
    );
  });
});

describe('a file that was changed', () => {
  /** Every text in the receipt that carries meaning, with the way to it. */
  function leaves(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
    if (typeof value !== 'object' || value === null) return [path];
    return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key]));
  }
  function changed(value: unknown, path: readonly (string | number)[], to: (old: unknown) => unknown): unknown {
    const [key, ...rest] = path;
    if (key === undefined) return to(value);
    const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
    copy[key] = changed(copy[key], rest, to);
    return copy;
  }

  test('proves nothing, wherever a character was changed', async () => {
    const receipt = read(await receiptOf(11));
    // The time it was made is not vouched for.
    const places = leaves(receipt).filter(([name]) => name !== 'made');
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.nat(), fc.constantFrom('0', '1', 'a', 'Q'), (path, at, by) => {
        const forged = changed(receipt, path, (old) => {
          const text = String(old);
          const index = at % Math.max(1, text.length);
          // The last character of base64 may hold bits that mean nothing.
          fc.pre(path.at(-1) !== 'bytes' || index < text.length - 4);
          const other = text.slice(0, index) + by + text.slice(index + 1);
          fc.pre(other !== text);
          return typeof old === 'number' ? Number(other) : other;
        });
        expect(checkReceipt(forged).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('says which check it fails', async () => {
    const receipt = read(await receiptOf(11)) as Record<string, unknown>;
    const failing = (path: (string | number)[], to: (old: unknown) => unknown): unknown =>
      failedStep(checkReceipt(changed(receipt, path, to)));
    expect(failing(['entries', 0, 'bytes'], () => '')).toBe('form');
    expect(failing(['entries', 0, 'hash'], () => 'ab'.repeat(32))).toBe('bytes');
    expect(failing(['entries', 0, 'event', 'data'], (old) => `${String(old)} `)).toBe('event');
    expect(failing(['entries', 0, 'event', 'points'], () => 1_000_000)).toBe('event');
    expect(failing(['entries', 0, 'path'], (old) => (old as string[]).toReversed())).toBe('root');
    expect(failing(['entries', 0, 'path'], (old) => (old as string[]).slice(1))).toBe('path');
    expect(failing(['anchors'], () => [])).toBe('root');
    expect(failing(['anchors', 0, 'position'], () => EVENTS - 1)).toBe('root');
    expect(failing(['anchors', 0, 'hash'], () => 'ab'.repeat(32))).toBe('root');
  });

  test('with another event in its place, or an event at another place, proves nothing', async () => {
    const [one, other] = [await receiptOf(11), await receiptOf(12)];
    const [a, b] = [one.entries[0], other.entries[0]] as [Receipt['entries'][0], Receipt['entries'][0]];
    for (const entry of [
      { ...a, path: b.path },
      { ...a, bytes: b.bytes, hash: b.hash, event: b.event },
      { ...b, event: a.event },
    ])
      expect(checkReceipt({ ...one, entries: [entry] }).ok).toBe(false);
  });

  test('or is no receipt at all neither throws nor proves', () => {
    const entry = fc.record({ event: fc.anything(), bytes: fc.anything(), hash: fc.anything(), path: fc.anything() });
    const file = fc.oneof(
      fc.anything(),
      fc.record({
        receipt: fc.constant(1),
        anchors: fc.array(fc.anything()),
        entries: fc.array(fc.oneof(entry, fc.anything())),
      }),
    );
    fc.assert(
      fc.property(
        file,
        fc.option(fc.anything(), { nil: undefined }),
        (value, anchors) => !checkReceipt(value, anchors).ok,
      ),
    );
  });
});
