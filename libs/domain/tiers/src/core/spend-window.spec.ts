import fc from 'fast-check';
import { leavesWindow, timeZone } from '@loyalty/kernel';
import type { ProgramVersion } from './program.ts';
import { SpendWindow } from './spend-window.ts';

const MONTH = { months: 1, days: 0, ms: 0 };
const version = { zone: timeZone('UTC'), tiers: { window: MONTH } } as unknown as ProgramVersion;
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);

/** Small ones, and such that no number holds their sum exactly. */
const amount = fc.oneof(fc.bigInt({ min: -50_000_000n, max: 90_000_000n }), fc.bigInt({ min: 0n, max: 10n ** 21n }));

it('keeps sums exact, whatever their size, through adding, cutting, restoring and dropping', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ days: fc.nat(9), amount }), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      (items, cutAt) => {
        const window = new SpendWindow();
        let at = START;
        const all: { at: number; amount: bigint }[] = [];
        for (const { days, amount: each } of items) {
          at += days * DAY_MS;
          window.add(at, each);
          all.push({ at, amount: each });
          const inside = all.filter((item) => leavesWindow(version.zone, item.at, MONTH) > at);
          expect(window.spent(version, at)).toBe(inside.reduce((sum, item) => sum + item.amount, 0n));
        }
        const spent = window.spent(version, at);
        const { head } = window;
        const cut = window.cut(cutAt % items.length);
        expect(cut.amounts).toEqual(all.slice(cutAt % items.length).map((item) => item.amount));
        window.restore(cut);
        window.head = head;
        window.drop();
        expect(window.spent(version, at)).toBe(spent);
      },
    ),
  );
});
