import type { PurchaseDocumentInput } from '@loyalty/contracts';
import { parseDocument } from '@loyalty/purchases';
import { retailer, type Happening } from './retailer.ts';

const OPTIONS = { seed: 7, members: 300, months: 6, until: Date.parse('2026-07-01T00:00:00Z') };
const happenings = (options = OPTIONS): Happening[] => [...retailer(options)].flat();
const documents = (from: readonly Happening[]): PurchaseDocumentInput[] =>
  from.flatMap((each) => (each.kind === 'document' ? [each.document] : []));
const isReturn = (document: PurchaseDocumentInput): boolean =>
  document.lines.some((line) => line.quantity.startsWith('-'));

describe('the demonstration’s retailer', () => {
  const all = happenings();
  const docs = documents(all);

  it('is the same for the same seed, and another for another', () => {
    expect(happenings()).toEqual(all);
    expect(happenings({ ...OPTIONS, seed: 8 })).not.toEqual(all);
  });

  it('sends documents that can be, each id once', () => {
    for (const document of docs) expect(parseDocument(document)).toHaveProperty('document');
    expect(new Set(docs.map(({ source, id }) => `${source}/${id}`)).size).toBe(docs.length);
    expect(docs.length).toBeGreaterThan(1_000);
  });

  it('brings back only what was bought before, and never more', () => {
    const bought = new Map(docs.map((document) => [document.id, document]));
    const arrived = new Set<string>();
    for (const document of docs) {
      if (isReturn(document)) {
        const original = bought.get(document.id.slice(0, -2)) as PurchaseDocumentInput;
        expect(arrived.has(original.id)).toBe(true);
        expect(Date.parse(document.at)).toBeGreaterThan(Date.parse(original.at));
        for (const line of document.lines) {
          const sold = original.lines.find(({ item }) => item === line.item);
          expect(-Number(line.quantity)).toBeLessThanOrEqual(Number(sold?.quantity));
        }
      }
      arrived.add(document.id);
    }
    expect(docs.filter(isReturn).some((document) => document.lines[0]?.of)).toBe(true);
    expect(docs.filter(isReturn).some((document) => !document.lines[0]?.of)).toBe(true);
  });

  it('has late tills, voids, and answers in both languages', () => {
    const times = docs.map((document) => Date.parse(document.at));
    const late = times.filter((time, i) => i > 0 && time < (times[i - 1] as number) - 86_400_000);
    expect(late.length).toBeGreaterThan(5);
    expect(all.filter(({ kind }) => kind === 'void').length).toBeGreaterThan(0);
    const languages = all.flatMap((each) => (each.kind === 'answer' ? [each.answer.language] : []));
    expect(new Set(languages)).toEqual(new Set(['en', 'zh-CN']));
  });

  it('sells more at weekends, and most to few', () => {
    const weekday = (document: PurchaseDocumentInput): number =>
      new Date(Date.parse(document.at) + 8 * 3_600_000).getUTCDay();
    const saturdays = docs.filter((document) => weekday(document) === 6).length;
    const mondays = docs.filter((document) => weekday(document) === 1).length;
    expect(saturdays).toBeGreaterThan(mondays * 1.4);
    const perMember = Object.values(Object.groupBy(docs, ({ member }) => member ?? '')).map((own) => own?.length ?? 0);
    perMember.sort((a, b) => b - a);
    const top = perMember.slice(1, 31).reduce((sum, n) => sum + n, 0);
    expect(top).toBeGreaterThan(docs.length * 0.25);
  });
});
