import fc from 'fast-check';
import { compareCodePoints, factOrder, type FactPlace } from './fact-order.ts';

const sorted = (facts: FactPlace[]): string[] => [...facts].sort(factOrder).map((fact) => `${fact.part} ${fact.id}`);

describe('the order of facts', () => {
  it('goes by time, then purchases before returns, then source and id', () => {
    expect(
      sorted([
        { time: 2, part: 'purchase', source: 'a', id: '1' },
        { time: 1, part: 'return', source: 'a', id: '0' },
        { time: 1, part: 'purchase', source: 'b', id: '1' },
        { time: 1, part: 'purchase', source: 'a', id: '2' },
      ]),
    ).toEqual(['purchase 2', 'purchase 1', 'return 0', 'purchase 1']);
  });

  it('puts the return part of a document that also bought directly before its purchase', () => {
    expect(
      sorted([
        { time: 1, part: 'return', source: 'a', id: '1' },
        { time: 1, part: 'purchase', source: 'a', id: '2' },
        { time: 1, part: 'return', mixed: true, source: 'a', id: '2' },
        { time: 1, part: 'purchase', source: 'a', id: '3' },
        { time: 1, part: 'purchase', source: 'a', id: '1' },
      ]),
    ).toEqual(['purchase 1', 'return 2', 'purchase 2', 'purchase 3', 'return 1']);
  });

  it('compares by code point, not by UTF-16 code unit', () => {
    expect(compareCodePoints('\u{1F600}', '\uFF5E')).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});
