import fc from 'fast-check';
import { basis, standard } from '../tiers.fixture.ts';
import type { Basis } from './basis.ts';
import { eligibleAmounts } from './eligible.ts';
import { formatMicros, parseMicros } from './micros.ts';
import type { Eligible } from './program.ts';
import { ratePurchase } from './rating.ts';
import { spreadByWeight } from './spread.ts';

const everything: Eligible = {
  tax: true,
  delivery: true,
  giftCardsBought: true,
  paidWithGiftCard: true,
  paidWithPoints: true,
};
const eligible = (given: Partial<Basis>, more: Partial<Eligible> = {}): string[] =>
  eligibleAmounts(basis('0', given), { ...everything, ...more }).map(formatMicros);
const lines: Basis['lines'] = [
  { line: 1, quantity: '1', amount: '20' },
  { line: 2, quantity: '1', amount: '10' },
  { line: 3, quantity: '1', amount: '5', kind: 'delivery' },
  { line: 4, quantity: '1', amount: '50', kind: 'giftCard' },
  { line: 5, quantity: '1', amount: '2', kind: 'fee' },
];

describe('eligible amounts', () => {
  it('are goods and fees always, delivery and gift cards bought where the program says so', () => {
    expect(eligible({ lines })).toEqual(['20', '10', '5', '50', '2']);
    expect(eligible({ lines }, { delivery: false, giftCardsBought: false })).toEqual(['20', '10', '0', '0', '2']);
  });

  it('lie below a discount on the basket by amount of the goods, in hundredths, by largest remainder', () => {
    expect(eligible({ lines, discount: '10' })).toEqual(['13.33', '6.67', '5', '50', '2']);
  });

  it('take a discount beyond the goods from the other lines', () => {
    expect(eligible({ lines: lines.slice(0, 3), discount: '33' })).toEqual(['0', '0', '2']);
    expect(eligible({ lines: lines.slice(2, 3), discount: '1' })).toEqual(['4']);
    expect(eligible({ lines: lines.slice(0, 1), discount: '100' })).toEqual(['0']);
  });

  it('leave out what was paid with points or gift cards where these do not earn', () => {
    const tenders = [
      { type: 'points', amount: '6' },
      { type: 'giftCard', amount: '3' },
      { type: 'card', amount: '78' },
    ];
    expect(eligible({ lines, tenders })).toEqual(['20', '10', '5', '50', '2']);
    expect(eligible({ lines, tenders }, { paidWithPoints: false })).toEqual(['16', '8', '5', '50', '2']);
    expect(eligible({ lines, tenders }, { paidWithPoints: false, paidWithGiftCard: false })).toEqual([
      '14',
      '7',
      '5',
      '50',
      '2',
    ]);
  });

  it('are without the tax that is left in a line where tax is excluded', () => {
    const taxed: Basis['lines'] = [{ line: 1, quantity: '1', amount: '12', tax: '2' }];
    expect(eligible({ lines: taxed }, { tax: false })).toEqual(['10']);
    expect(eligible({ lines: taxed, discount: '6' }, { tax: false })).toEqual(['5']);
  });
});

const cents = fc.integer({ min: 0, max: 10_000_000 }).map((amount) => BigInt(amount) * 10_000n);

it('a spread adds up, keeps to its unit and is within one unit of the exact share', () => {
  fc.assert(
    fc.property(
      fc.array(cents, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 100_000 }),
      (weights, amount) => {
        const sum = weights.reduce((a, b) => a + b, 0n);
        fc.pre(sum > 0n);
        const total = BigInt(amount) * 10_000n;
        const parts = spreadByWeight(total, weights, 10_000n);
        expect(parts.reduce((a, b) => a + b, 0n)).toBe(total);
        parts.forEach((part, i) => {
          expect(part % 10_000n).toBe(0n);
          const off = part * sum - total * weights[i]!;
          expect(off < 10_000n * sum && off > -10_000n * sum).toBe(true);
        });
      },
    ),
  );
});

describe('points', () => {
  const version = standard();
  const wholeUnits = standard(["per: '1.00' }", "per: '10.00', wholeUnits: true }"]);
  const ordinals = (amounts: readonly unknown[]): number[] => amounts.map((_, i) => i + 1);

  it('are the exact sum of all cells, rounded down once', () => {
    fc.assert(
      fc.property(fc.array(cents, { minLength: 1, maxLength: 6 }), fc.nat(3), (amounts, tier) => {
        const { points, cells } = ratePurchase(version, tier, ordinals(amounts), amounts);
        const sum = amounts.reduce((a, b) => a + b, 0n);
        expect(BigInt(points)).toBe((sum * BigInt([4, 5, 6, 8][tier]!)) / 4_000_000n);
        expect(cells.reduce((total, cell) => total + cell.points, 0)).toBe(points);
        expect(cells.every((cell) => cell.points > 0)).toBe(true);
      }),
    );
  });

  it('count full units of the purchase only, where the rule says so, and spread them by amount', () => {
    const amounts = ['19.90', '10.00'].map(parseMicros);
    expect(ratePurchase(wholeUnits, 0, [1, 2], amounts)).toMatchObject({
      points: 2,
      cells: [
        { line: 1, rule: 'base', points: 1 },
        { line: 2, rule: 'base', points: 1 },
      ],
    });
    expect(ratePurchase(wholeUnits, 0, [1], [parseMicros('9.99')])).toEqual({
      points: 0,
      cells: [],
      notFired: [
        { rule: 'base', because: 'whole_unit' },
        { rule: 'tier-bonus', because: 'whole_unit' },
      ],
    });
  });

  it('are none for nothing, and each rule says why', () => {
    expect(ratePurchase(version, 3, [1], [0n])).toEqual({
      points: 0,
      cells: [],
      notFired: [
        { rule: 'base', because: 'eligible_amount' },
        { rule: 'tier-bonus', because: 'eligible_amount' },
      ],
    });
  });

  it('stay exact for the largest amounts, and are none rather than rounded beyond 2^53', () => {
    expect(ratePurchase(version, 0, [1], [parseMicros('9007199254740991')]).points).toBe(Number.MAX_SAFE_INTEGER);
    expect(ratePurchase(version, 0, [1], [parseMicros('9007199254740992')])).toEqual({
      points: 0,
      cells: [],
      notFired: [],
      reason: 'too_many_points',
    });
  });
});

it('amounts survive text and back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 21n), max: 10n ** 21n }), (micros) => {
      expect(parseMicros(formatMicros(micros))).toBe(micros);
    }),
  );
  expect(
    ['0', '19.90', '-0.5', '007', '123456789012345.000001'].map((text) => formatMicros(parseMicros(text))),
  ).toEqual(['0', '19.9', '-0.5', '7', '123456789012345.000001']);
});
