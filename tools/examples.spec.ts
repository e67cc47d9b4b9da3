import { readFileSync } from 'node:fs';
import { purchaseDocument } from '@loyalty/contracts';
import { parseMapping } from '@loyalty/purchases';
import { openingLots, openingTiers } from '@loyalty/service';
import { readProgram } from '@loyalty/tiers';

/** What people copy from the documents must work. */
const page = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** The fenced blocks of a language, in order. */
function blocks(path: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...page(path).matchAll(fence)].map(([, text = '']) => text);
}

describe('the examples of', () => {
  it('the README are documents that purchase-ingest takes', () => {
    const bodies = [...page('README.md').matchAll(/-d '(\{[\s\S]*?\})'/g)].map(([, body = '']) => body);
    expect(bodies).toHaveLength(1);
    for (const body of bodies) expect(purchaseDocument.safeParse(JSON.parse(body)).error).toBeUndefined();
  });

  it('the page about purchases over Kafka are documents that purchase-ingest takes', () => {
    const [sent = ''] = blocks('docs/how-to/purchases-over-kafka.md', 'json');
    expect(purchaseDocument.safeParse(JSON.parse(sent)).error).toBeUndefined();
  });

  it('the page about purchases over Kafka are the program that is tried', () => {
    const program = readFileSync(new URL('../docs/examples/producer.mjs', import.meta.url), 'utf8');
    expect(blocks('docs/how-to/purchases-over-kafka.md', 'js')).toEqual([program]);
  });

  it('the page about programs are programs without a mistake', () => {
    const [program = ''] = blocks('docs/how-to/write-a-program.md', 'yaml');
    expect(readProgram(program)).toMatchObject({ ok: true, version: { program: 'my-club' } });
  });

  it('the page about rewards are programs without a mistake', () => {
    const [program = ''] = blocks('docs/how-to/rewards.md', 'yaml');
    expect(readProgram(program)).toMatchObject({ ok: true, version: { program: 'my-club' } });
  });

  it('the page about imports are mappings without a mistake', () => {
    const [mapping = ''] = blocks('docs/how-to/import-a-file.md', 'yaml');
    expect(parseMapping(mapping, 'the page')).toMatchObject({ constants: { currency: 'EUR' }, delimiter: ';' });
  });

  it('the page about opening balances have the columns that are read', () => {
    const [lots = '', tiers = ''] = blocks('docs/how-to/opening-balances.md', 'csv').map((text) => text.split('\n')[0]);
    expect(lots.split(',').toSorted()).toEqual([...openingLots.required, ...openingLots.optional].toSorted());
    expect(tiers.split(',').toSorted()).toEqual([...openingTiers.required, ...openingTiers.optional].toSorted());
  });
});
