import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importFile } from './import-file.ts';
import { ledger } from './ledger.fixture.ts';
import { readPreset } from './read-mapping.ts';

const REAL = fileURLToPath(new URL('../../../../../../shared/data/online-retail.csv.gz', import.meta.url));
const real = existsSync(REAL) ? describe : describe.skip;
if (!existsSync(REAL))
  console.warn(`SKIPPED: the real file is not at ${REAL}; the counts of online-retail are not proved`);

real('the real file', () => {
  it('gives the counts that the preset promises, to the unit', async () => {
    const mapping = await readPreset('online-retail');
    const { record } = ledger();
    const { rejections, ...counts } = await importFile({ source: REAL, mapping, record });
    expect(counts).toEqual({
      read: 541_909,
      accepted: 540_570,
      duplicate: 0,
      rejected: 1_339,
      purchases: 20_725,
      purchasesWithMember: 18_536,
      returns: 3_836,
      returnsWithMember: 3_654,
    });
    const codes = rejections.map(({ code }) => code);
    expect(codes.filter((code) => code === 'stock_correction')).toHaveLength(1_336);
    expect(codes.filter((code) => code === 'accounting_entry')).toHaveLength(3);
  }, 60_000);
});
