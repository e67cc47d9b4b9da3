import Big from 'big.js';
import fc from 'fast-check';
import { add, compare, floor, floorDivide, multiply, negate, normalise, subtract, sum } from './decimal.ts';

const decimal = fc
  .tuple(fc.bigInt(-(10n ** 15n), 10n ** 15n), fc.integer({ min: 0, max: 6 }))
  .map(([units, places]) => {
    const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
    const point = digits.length - places;
    return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${places > 0 ? `.${digits.slice(point)}` : ''}`;
  });

describe('decimal', () => {
  it.each([
    ['2.50', '2.5'],
    ['007', '7'],
    ['-0.0', '0'],
    ['100', '100'],
    ['0.000001', '0.000001'],
    ['123456789012.123456', '123456789012.123456'],
    ['-1.20', '-1.2'],
  ])('writes %s as %s', (given, normal) => {
    expect(normalise(given)).toBe(normal);
  });

  it('adds, subtracts and multiplies without a float', () => {
    expect(add('0.1', '0.2')).toBe('0.3');
    expect(subtract('0.3', '0.3')).toBe('0');
    expect(multiply('19.90', '3')).toBe('59.7');
    expect(sum(['29.90', '7.475', '39.80'])).toBe('77.175');
    expect(sum([])).toBe('0');
  });

  it('floors towards minus infinity', () => {
    expect(floor('77.175')).toBe(77n);
    expect(floor('-0.5')).toBe(-1n);
    expect(floor('-2')).toBe(-2n);
    expect(floorDivide('0.999', '0.333')).toBe(3n);
    expect(floorDivide('65', '3')).toBe(21n);
    expect(floorDivide('-7', '2')).toBe(-4n);
  });

  it('is text that says what it says, whatever the numbers', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(normalise(normalise(a))).toBe(normalise(a));
        expect(subtract(add(a, b), b)).toBe(normalise(a));
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) || 0);
        expect(compare(String(floor(a)), a)).toBeLessThanOrEqual(0);
        expect(compare(String(floor(a) + 1n), a)).toBeGreaterThan(0);
      }),
    );
  });

  it('is what the library says, for short numbers and long', () => {
    const text = (value: Big): string => (value.eq(0) ? '0' : value.toFixed());
    const places = fc.integer({ min: 0, max: 9 });
    const any = fc
      .tuple(fc.oneof(fc.integer({ min: -99_999, max: 99_999 }), fc.maxSafeInteger()), places)
      .map(([n, p]) => {
        const digits = String(Math.abs(n)).padStart(p + 1, '0');
        return `${n < 0 ? '-' : ''}${digits.slice(0, digits.length - p)}${p > 0 ? `.${digits.slice(-p)}` : ''}`;
      });
    fc.assert(
      fc.property(any, any, fc.array(any), (a, b, list) => {
        expect(normalise(a)).toBe(text(new Big(a)));
        expect(add(a, b)).toBe(text(new Big(a).plus(b)));
        expect(subtract(a, b)).toBe(text(new Big(a).minus(b)));
        expect(multiply(a, b)).toBe(text(new Big(a).times(b)));
        expect(negate(a)).toBe(text(new Big(a).neg()));
        expect(Math.sign(compare(a, b))).toBe(new Big(a).cmp(b));
        expect(sum(list)).toBe(text(list.reduce((total, each) => total.plus(each), new Big(0))));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', '-', '1e3x', ' 1', '1,5', 'NaN', '--1', '1.2.3'])('refuses %j', (value) => {
    expect(() => normalise(value)).toThrow();
  });
});
