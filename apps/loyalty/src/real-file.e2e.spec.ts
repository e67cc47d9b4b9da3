import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openProcessDatabase, readEnvironment } from '@loyalty/service';
import { loyaltyJson, temporaryHome } from './process.fixture.ts';

const FILE = fileURLToPath(new URL('../../../../shared/data/online-retail.csv.gz', import.meta.url));
const LONG_MS = 180_000;
const BASE_ALONE = `program: online-retail
effectiveFrom: 2000-01-02T00:00:00+00:00
timeZone: Europe/London
currency: GBP
sources: [online-retail]
eligible: { tax: included, delivery: true, giftCardsBought: true, paidWithGiftCard: true, paidWithPoints: true }
points: { name: { en: points }, rounding: down, pending: P0D, expiry: never, shortfall: owe, value: "0.01" }
tiers: { qualifyBy: spend, window: { rolling: P12M }, keepFor: P12M, downgrade: oneStep, grace: P0D, ladder: [{ id: member, name: { en: Member }, from: 0 }] }
earning: [{ id: base, award: { points: 1, per: "1.00" } }]
returns: { unmatched: ignore }
`;

const there = existsSync(FILE);
if (!there) process.stderr.write(`real-file: skipped: ${FILE} is not there\n`);

(there ? describe : describe.skip)('the real file', () => {
  it(
    'is worth 8,902,670 points before returns by the base rule alone, every code earning',
    async () => {
      const { home, remove } = await temporaryHome();
      try {
        const program = join(home, 'base-alone.yaml');
        await writeFile(program, BASE_ALONE);
        const published = await loyaltyJson(['program', 'publish', program], home);
        expect(published.code).toBe(0);
        const imported = await loyaltyJson(['import', FILE, '--preset', 'online-retail'], home);
        expect(imported).toMatchObject({
          code: 0,
          result: {
            read: 541_909,
            accepted: 540_570,
            duplicate: 0,
            rejected: 1_339,
            purchases: 20_725,
            returns: 3_836,
          },
        });
        expect(await issued(home)).toBe('8902670');
      } finally {
        await remove();
      }
    },
    LONG_MS,
  );
});

/** What purchases were worth, whatever returns took back since. */
async function issued(home: string): Promise<string> {
  const database = await openProcessDatabase(readEnvironment({ LOYALTY_HOME: home }), { name: 'real-file' });
  try {
    const { rows } = await database.pool.query<{ issued: string }>(
      'SELECT (-sum(issued))::text AS issued FROM points.wallets',
    );
    return rows[0]?.issued ?? 'nothing';
  } finally {
    await database.close();
  }
}
