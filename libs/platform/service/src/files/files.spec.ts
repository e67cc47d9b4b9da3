import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { FileFaultError } from './file-fault.ts';
import { readChunks } from './read-chunks.ts';
import { readCsv, type CsvRow } from './read-csv.ts';
import { readLines } from './read-lines.ts';
import { readNdjson, type JsonLine } from './read-ndjson.ts';
import { openingLots, readTable, type TableRow } from './read-table.ts';

/** A file that arrives in pieces of so many bytes. */
function pieces(content: string | Buffer, size = 7): Readable {
  const bytes = Buffer.from(content);
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return Readable.from(parts, { objectMode: true });
}

/** Everything given before the end, and the code of the fault that ended it. */
async function all<T>(lists: AsyncIterable<T[]>): Promise<{ items: T[]; fault?: string }> {
  const items: T[] = [];
  try {
    for await (const list of lists) items.push(...list);
  } catch (error) {
    if (!(error instanceof FileFaultError)) throw error;
    return { items, fault: error.code };
  }
  return { items };
}

async function csv(content: string | Buffer, size?: number): Promise<CsvRow[]> {
  const { header, rows } = await readCsv(readLines(readChunks(pieces(content, size)), 1000));
  return [{ line: 1, fields: header }, ...(await all(rows)).items];
}

const told = (rows: CsvRow[]): string[] => rows.map((row) => `${row.line}: ${row.fault?.code ?? row.fields.join('|')}`);

describe('CSV', () => {
  it('is read with its line numbers: quotes, line breaks within them, CRLF, a byte order mark, no end of line at the end', async () => {
    const text = '\uFEFFa,b\r\n1,"x, ""y""\r\nz"\r\n\r\n2,\n"3",é';
    expect(told(await csv(text))).toEqual(['1: a|b', '2: 1|x, "y"\r\nz', '5: 2|', '6: 3|é']);
  });

  it('goes on after rows that cannot be read', async () => {
    const text = Buffer.concat([
      Buffer.from('a,b\n1,"open\n2,3\n4\n5,6,7\n8,'),
      Buffer.from([0xff]),
      Buffer.from(`\n9,"x"y\n${'z'.repeat(2000)},\n10,11\n`),
    ]);
    const rows = await csv(text);
    expect(told(rows)).toEqual([
      '1: a|b',
      '2: malformed_csv',
      '3: 2|3',
      '4: wrong_column_count',
      '5: wrong_column_count',
      '6: invalid_utf8',
      '7: malformed_csv',
      '8: line_too_long',
      '9: 10|11',
    ]);
    expect(rows[6]?.fields).toEqual(['9']);
  });

  it('says what another reader says', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ',', '"', '\n', '\r', ' '), maxLength: 6 });
    const rows = fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (table, size, crlf) => {
        const end = crlf ? '\r\n' : '\n';
        const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const text = ['\uFEFFx,y,z', ...table.map((row) => row.map(quoted).join(','))].join(end) + end;
        const expected = parse(text, { bom: true, record_delimiter: end, skip_empty_lines: true });
        expect((await csv(text, size)).map((row) => row.fields)).toEqual(expected);
      }),
    );
  });
});

describe('NDJSON', () => {
  it('is read line by line, and a bad line harms no other', async () => {
    const text = Buffer.concat([Buffer.from('{"a":1}\n\n{"a":\n"'), Buffer.from([0xc3]), Buffer.from('"\n[2]')]);
    const { items } = await all<JsonLine>(readNdjson(readLines(readChunks(pieces(text)))));
    expect(items.map((item) => [item.line, item.fault?.code ?? ('value' in item && item.value)])).toEqual([
      [1, { a: 1 }],
      [3, 'malformed_json'],
      [4, 'invalid_utf8'],
      [5, [2]],
    ]);
  });
});

describe('a .gz', () => {
  const text = Array.from({ length: 5000 }, (_, i) => JSON.stringify({ i, x: Math.imul(i, 2_654_435_761) })).join('\n');
  const packed = gzipSync(text);
  const lines = (content: Buffer) => all<JsonLine>(readNdjson(readLines(readChunks(pieces(content, 1000)))));

  it('is known by its first bytes, and may be several in a row', async () => {
    expect((await lines(packed)).items).toHaveLength(5000);
    expect((await lines(Buffer.concat([packed, gzipSync('\n1\n')]))).items).toHaveLength(5001);
  });

  it('that was cut off gives the whole lines before the cut, and says so', async () => {
    const { items, fault } = await lines(packed.subarray(0, packed.length / 2));
    expect(fault).toBe('file_truncated');
    expect(items.length).toBeGreaterThan(1000);
    expect(items.every((item) => !item.fault)).toBe(true);
  });

  it('that is damaged says so', async () => {
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, 4000, 4100);
    expect((await lines(damaged)).fault).toBe('file_corrupt');
  });
});

describe('a table', () => {
  const table = (text: string) => all<TableRow<string, string>>(readTable(pieces(text), openingLots));

  it('has the columns asked for, in any order', async () => {
    const { items } = await table(
      'reference,member,program,points,earned_at,expires_at\nr1,m1,p,100,2026-01-01T00:00:00Z,\nr2,,p,1,2026-01-01T00:00:00Z,\n',
    );
    expect(items).toEqual([
      {
        line: 2,
        values: { reference: 'r1', member: 'm1', program: 'p', points: '100', earned_at: '2026-01-01T00:00:00Z' },
      },
      { line: 3, fault: { code: 'required', message: 'Column "member" is empty.' } },
    ]);
  });

  it.each([
    ['member,program,points,earned_at,reference,colour\n', 'unknown_columns'],
    ['member,program,points\n', 'missing_columns'],
    ['member,member,program,points,earned_at,reference\n', 'duplicate_columns'],
    ['', 'no_header'],
    [Buffer.from('\uFEFFa,b', 'utf16le').toString('latin1'), 'not_utf8'],
  ])('with the header %j is refused: %s', async (text, code) => {
    const content = code === 'not_utf8' ? Buffer.from(text, 'latin1') : Buffer.from(text);
    expect((await all(readTable(pieces(content, 100), openingLots))).fault).toBe(code);
  });

  it('that is not there says so', async () => {
    expect((await all(readTable('/nowhere/file.csv', openingLots))).fault).toBe('file_not_found');
  });
});
