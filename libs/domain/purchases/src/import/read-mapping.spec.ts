import { importFile } from './import-file.ts';
import { bytes, ledger } from './ledger.fixture.ts';
import { parseMapping, readPreset } from './read-mapping.ts';

describe('a mapping file', () => {
  const sound =
    'document: { id: a, at: b }\nline: { item: c, quantity: d, unitPrice: e }\nconstants: { source: s, currency: GBP }\n';

  it.each([
    ['document: {', /^m:\d+: /],
    [`${sound}colour: red`, /^m:4: colour: there is no such key/],
    [`${sound}line2: [1]\n`, /^m:4: line2: /],
    [sound.replace('GBP', 'XYZ'), /^m:3: constants.currency: no ISO 4217 code/],
    [sound.replace('source: s, ', ''), /^m:1: document: source is needed/],
    [`${sound}time: { zone: Europe/Lodnon }`, /^m:4: time.zone: no IANA time zone/],
    [`${sound}time: { layout: HH:mm }`, /^m:4: time.layout: /],
    [`${sound}strip: { a: '(' }`, /^m:4: strip.a: not a regular expression/],
    [`${sound}returns: { column: a }`, /^m:4: returns: give one of/],
  ])('with a mistake is refused with its line: %j', (text, message) => {
    expect(() => parseMapping(text, 'm')).toThrow(message);
  });

  it('may say how numbers and times are written', async () => {
    const mapping = parseMapping(`${sound}delimiter: ';'\nnumbers: { decimal: ',', group: '.' }\noptional: [x]\n`, 'm');
    const { record, documents } = ledger();
    await importFile({ source: bytes('a;b;c;d;e\n1;2026-01-01 10:00:00+01:00;tea;1.000,5;2,50\n'), mapping, record });
    expect(documents()).toMatchObject([
      { at: Date.parse('2026-01-01T09:00:00Z'), lines: [{ quantity: '1000.5', unitPrice: '2.5' }] },
    ]);
  });

  it.each(['online-retail', 'standard'])('comes with the project: %s', async (name) => {
    expect(await readPreset(name)).toBeDefined();
  });

  it('takes the earlier instant of a wall clock that shows twice, and the first after one that never shows', async () => {
    const { record, documents } = ledger();
    const mapping = parseMapping(`${sound}time: { zone: Europe/London, layout: d/M/yyyy HH:mm }`, 'm');
    await importFile({
      source: bytes('a,b,c,d,e\n1,30/10/2011 01:30,A,1,1\n2,27/3/2011 01:30,A,1,1\n'),
      mapping,
      record,
    });
    expect(documents().map(({ at }) => new Date(at).toISOString())).toEqual([
      '2011-10-30T00:30:00.000Z',
      '2011-03-27T01:00:00.000Z',
    ]);
  });
});
