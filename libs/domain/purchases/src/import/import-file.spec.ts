import { gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { refusal } from '@loyalty/kernel';
import { importFile, type ImportOptions, type ImportResult } from './import-file.ts';
import { bytes, ledger } from './ledger.fixture.ts';
import { parseMapping } from './read-mapping.ts';

const MAPPING = parseMapping(
  `
document: { id: invoice, at: time, member: customer }
line: { item: code, quantity: count, unitPrice: price }
constants: { source: shop, currency: GBP }
ignore: [note]
time: { zone: Europe/London, layout: d/M/yyyy HH:mm }
strip: { customer: '\\.0$' }
kinds: { column: code, equals: { POST: delivery }, startsWith: { gift_: giftCard } }
returns: { column: invoice, startsWith: C }
reject:
  - { when: { column: count, startsWith: '-' }, unless: { column: invoice, startsWith: C }, code: stock_correction, reason: no sale }
window: 3
`,
  'test',
);
const HEADER = 'invoice,time,customer,code,count,price,note\n';

async function imported(text: string | Buffer, options: Partial<ImportOptions> = {}): Promise<ImportResult> {
  const result = await importFile({ source: bytes(text), mapping: MAPPING, record: ledger().record, ...options });
  expect(result.read).toBe(result.accepted + result.duplicate + result.rejected);
  return result;
}

const told = (result: ImportResult): string[] => result.rejections.map(({ line, code }) => `${line} ${code}`);

describe('an import', () => {
  it('makes documents of rows as the mapping says', async () => {
    const { record, documents } = ledger();
    const rows =
      '1,31/3/2011 12:26,17.0,POST,2,1.50,x\n1,31/3/2011 12:25,17.0,gift_1,1,2,x\nC2,1/12/2010 08:00,,A1,3,4,x\n';
    expect(await imported(HEADER + rows, { record })).toMatchObject({
      read: 3,
      accepted: 3,
      purchases: 1,
      purchasesWithMember: 1,
      returns: 1,
      returnsWithMember: 0,
    });
    expect(documents()).toMatchObject([
      {
        id: '1',
        member: '17',
        at: Date.parse('2011-03-31T11:25:00Z'),
        lines: [
          { kind: 'delivery', quantity: '2' },
          { kind: 'giftCard', line: 2 },
        ],
      },
      { id: 'C2', at: Date.parse('2010-12-01T08:00:00Z'), lines: [{ quantity: '-3', item: 'A1' }] },
    ]);
    expect(documents()[1]).not.toHaveProperty('member');
  });

  it('sent again is all duplicates; rejected rows are rejected again', async () => {
    const { record } = ledger();
    const text = `${HEADER}1,1/1/2011 08:00,17,A,1,1,\n2,1/1/2011 08:00,17,A,-1,1,\n`;
    await imported(text, { record });
    expect(await imported(text, { record })).toMatchObject({
      read: 2,
      accepted: 0,
      duplicate: 1,
      rejected: 1,
      purchases: 0,
    });
  });

  it('rejects a document whole for a bad row, each row with its line and reason, and no other document', async () => {
    const rows = [
      '1,1/1/2011 08:00,17,A,1,1,',
      '1,1/1/2011 08:00,17,A,1,x1,',
      '2,1/1/2011 08:00,17,A,1,1,',
      '1,1/1/2011 08:00,17,A,1,1,',
    ];
    const result = await imported(HEADER + rows.join('\n'));
    expect(told(result)).toEqual(['2 document_rejected', '3 not_a_decimal', '5 document_rejected']);
    expect(result.rejections[1]).toMatchObject({ pointer: '/lines/1/unitPrice' });
    expect(result).toMatchObject({ read: 4, accepted: 1, rejected: 3 });
  });

  it.each([
    [
      'a row that the mapping rejects',
      '1,1/1/2011 08:00,17,A,-1,1,',
      ['2 document_rejected', '3 stock_correction', '4 document_rejected'],
    ],
    [
      'an impossible date',
      '1,30/2/2011 08:00,17,A,1,1,',
      ['2 document_rejected', '3 invalid_time', '4 document_rejected'],
    ],
    ['another member', '1,1/1/2011 08:00,18,A,1,1,', ['2 document_rejected', '3 rows_disagree', '4 document_rejected']],
    ['no member', '1,1/1/2011 08:00,,A,1,1,', ['2 document_rejected', '3 rows_disagree', '4 document_rejected']],
    [
      'a column too few',
      '1,1/1/2011 08:00,17,A,1,1',
      ['2 document_rejected', '3 wrong_column_count', '4 document_rejected'],
    ],
    ['a lost quote', '1,1/1/2011 08:00,17,A,1,1,"5', ['2 document_rejected', '3 malformed_csv', '4 document_rejected']],
    ['an id that is missing: nobody knows whose row it is', ',1/1/2011 08:00,17,A,1,1,', ['3 required']],
  ])('tells %s', async (_, row, expected) => {
    const good = '1,1/1/2011 08:00,17,A,1,1,';
    expect(told(await imported(HEADER + [good, row, good, '9,1/1/2011 08:00,17,A,1,1,'].join('\n')))).toEqual(expected);
  });

  it('takes rows of one document that lie as far apart as the window, and rejects a later one', async () => {
    const row = (id: number): string => `${id},1/1/2011 08:00,17,A,1,1,`;
    const together = await imported(HEADER + [1, 2, 3, 4, 1].map(row).join('\n'));
    expect(together).toMatchObject({ accepted: 5, purchases: 4, rejected: 0 });
    const split = await imported(HEADER + [1, 2, 3, 4, 5, 1, 1].map(row).join('\n'));
    expect(split).toMatchObject({ accepted: 5, purchases: 5, rejected: 2 });
    expect(told(split)).toEqual(['7 document_split', '8 document_split']);
  });

  it('ends with a fault that names columns it does not know, before anything is recorded', async () => {
    const result = await imported(`${HEADER.trim()},colour\n1,1/1/2011 08:00,17,A,1,1,,red\n`);
    expect(result).toMatchObject({ read: 0, fault: { code: 'unknown_columns' } });
    expect(result.fault?.message).toContain('"colour"');
  });

  it('keeps what stood before the cut of a .gz, but no document that may lack rows', async () => {
    // Bytes that do not repeat, so that half of the file is about half of its rows.
    const rows = Array.from(
      { length: 3000 },
      (_, i) => `${Math.floor(i / 2)},1/1/2011 08:00,17,A${Math.imul(i, 2_654_435_761)},1,1,\n`,
    );
    const packed = gzipSync(HEADER + rows.join(''));
    const { record, documents } = ledger();
    const cut = await imported(packed.subarray(0, packed.length / 2), { record });
    expect(cut.fault?.code).toBe('file_truncated');
    expect(cut.accepted).toBeGreaterThan(500);
    expect(new Set(cut.rejections.map(({ code }) => code))).toEqual(new Set(['file_truncated']));
    expect(documents().every((document) => document.lines.length === 2)).toBe(true);
    expect(await imported(packed, { record })).toMatchObject({ read: 3000, duplicate: cut.accepted, rejected: 0 });
  });

  it('counts the documents of NDJSON, and tells each line at fault', async () => {
    const good = {
      source: 's',
      id: '1',
      at: '2026-01-01T00:00:00Z',
      currency: 'GBP',
      lines: [{ item: 'a', quantity: '1', unitPrice: '2' }],
    };
    const lines = [
      good,
      good,
      { ...good, currency: 'GBP', store: 'other' },
      { ...good, id: '2', lines: [{ item: 'a', quantity: '1', unitPrice: '-2' }] },
    ];
    const result = await imported(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"id":\n`, {
      mapping: undefined,
    });
    expect(result).toMatchObject({ read: 5, accepted: 1, duplicate: 1, rejected: 3, purchases: 1 });
    expect(told(result)).toEqual(['3 key_reused', '4 negative_price', '5 malformed_json']);
  });
});

describe('an import whose ledger', () => {
  const text = HEADER + '1,1/1/2011 08:00,17,A,1,1,\n';
  const unavailable = Object.assign(new Error('down'), { name: 'StoreUnavailableError' });

  it('does not answer for a while goes on where it was', async () => {
    const { record } = ledger();
    const answers = [Promise.reject(unavailable), Promise.resolve([{ kind: 'failed' as const, error: unavailable }])];
    for (const answer of answers) answer.catch(() => undefined);
    const result = await imported(text, { record: (documents) => answers.shift() ?? record(documents) });
    expect(result).toMatchObject({ read: 1, accepted: 1 });
  });

  it('does not answer for too long stops, and says how to resume', async () => {
    const result = await imported(text, { record: () => Promise.reject(unavailable), patience_ms: 0 });
    expect(result).toMatchObject({ read: 0, fault: { code: 'import_stopped' } });
    expect(result.fault?.message).toMatch(
      /^The ledger has not answered for 0 s \(down\)\. Run the same command again.* --patience/,
    );
  });

  it('stumbles after nothing came for long has not kept anybody waiting', async () => {
    const { record } = ledger();
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const outcomes = [record, () => Promise.reject(unavailable), record];
    const rows = Array.from({ length: 501 }, (_, i) => `${i},1/1/2011 08:00,17,A,1,1,\n`);
    const result = await imported(HEADER + rows.join(''), {
      record: (documents) => (outcomes.shift() ?? record)(documents),
      onProgress: () => (now += 600_000),
      inFlight: 1,
      patience_ms: 700_000,
    });
    clock.mockRestore();
    expect(result).toMatchObject({ read: 501, accepted: 501 });
    expect(result.fault).toBeUndefined();
  });

  it('fails for one document rejects that one', async () => {
    const failed = [{ kind: 'failed' as const, error: new Error('broken') }];
    expect(told(await imported(text, { record: () => Promise.resolve(failed) }))).toEqual(['2 internal_error']);
  });

  it('does not know a purchase yet is asked again when all else is recorded', async () => {
    const { record } = ledger();
    let recorded = false;
    const unknown = { kind: 'refused' as const, refusal: refusal('unknown_purchase', 'not yet'), replayed: false };
    const result = await imported(
      `${HEADER}C1,1/1/2011 08:00,,A,1,1,\n2,1/1/2011 08:00,17,A,1,1,\nC3,1/1/2011 08:00,,A,1,1,\n`,
      {
        record: async (documents) => {
          const outcomes = await record(documents);
          const early = !recorded;
          recorded = documents.some(({ id }) => id === '2') || recorded;
          return outcomes.map((outcome, i) =>
            documents[i]?.id === 'C3' || (documents[i]?.id === 'C1' && early) ? unknown : outcome,
          );
        },
      },
    );
    expect(result).toMatchObject({ read: 3, duplicate: 1, accepted: 1, rejected: 1 });
    expect(told(result)).toEqual(['4 unknown_purchase']);
  });
});
