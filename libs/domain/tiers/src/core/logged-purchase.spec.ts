import { jest } from '@jest/globals';
import type { PurchaseRated } from '@loyalty/contracts';
import fc from 'fast-check';
import { stateFromLog } from './evolve.ts';
import { readLogged } from './logged-purchase.ts';
import { emptyState, weighState } from './member-state.ts';
import { parseMicros } from './micros.ts';
import { Programs } from './programs.ts';

/** Texts that look like JSON, and some that JSON escapes. */
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constantFrom('"', '\\', ',"eligible":"9"', ',"course":[', '","tier":null', '\u2028', 'ü', '"points":'),
);
const instant = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString());
const amount = fc.constantFrom('0', '1', '180.16', '0.000001', '999999999999.99');
const course = fc.array(fc.record({ tier: fc.option(text), from: instant }), { maxLength: 3 });

const rating = fc
  .record(
    {
      purchase: fc.record({ source: text, id: text }),
      at: instant,
      program: text,
      version: fc.option(text),
      tier: fc.option(text),
      points: fc.nat(),
      cells: fc.array(fc.record({ line: fc.constant(1), rule: text, points: fc.nat() }), { maxLength: 2 }),
      eligible: amount,
      activeFrom: instant,
      expiresAt: fc.option(instant),
      shortfall: fc.constant('owe' as const),
      currency: fc.constant('CNY'),
      lines: fc.array(fc.record({ line: fc.constant(1), quantity: amount, amount, eligible: amount }), {
        maxLength: 2,
      }),
      reason: text,
      named: text,
      discount: amount,
      tenders: fc.array(fc.record({ type: text, amount }), { maxLength: 1 }),
      notFired: fc.array(fc.record({ rule: text, because: text }), { maxLength: 1 }),
      course,
    },
    { requiredKeys: ['purchase', 'at', 'program', 'version', 'tier', 'points', 'cells', 'eligible', 'lines'] },
  )
  .map((made) => made as unknown as PurchaseRated);

it('reads of a rating what it says, whatever stands in it and in whatever order', () => {
  fc.assert(
    fc.property(rating, fc.boolean(), (given, backwards) => {
      const entries = Object.entries(given);
      const data = JSON.stringify(Object.fromEntries(backwards ? entries.reverse() : entries));
      const { course: steps, ...rated } = given;
      const { program, version, tier } = given;
      const { fact, course: read } = readLogged(data, null);
      expect(read).toEqual(steps);
      expect({ ...fact.verdict }).toEqual({ program, version, tier });
      expect([fact.source, fact.id, fact.named]).toEqual([given.purchase.source, given.purchase.id, given.named]);
      expect([fact.time, fact.total]).toEqual([Date.parse(given.at), parseMicros(given.eligible)]);
      expect(fact.standing).toEqual(rated);
      expect(fact.basis).toEqual(rated);
    }),
    { numRuns: 1_000 },
  );
});

describe('a member of many purchases', () => {
  const logged = (i: number) => ({
    type: 'purchase.rated.v1',
    data: JSON.stringify({
      purchase: { source: 's', id: `${i}` },
      at: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString(),
      program: 'p',
      version: null,
      tier: null,
      points: 1,
      cells: [],
      eligible: '1',
      lines: [{ line: 1, quantity: '1', amount: '1', eligible: '1' }],
    }),
  });
  const events = Array.from({ length: 2_000 }, (_, i) => logged(i));

  it('is loaded without a parse of what it bought, and weighs more once that is parsed', () => {
    const parse = jest.spyOn(JSON, 'parse');
    const state = stateFromLog(emptyState(new Programs([], 'p'), true), events);
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
    expect(state.facts).toHaveLength(events.length);
    const light = weighState(state);
    for (const fact of state.facts ?? []) if (fact.part === 'purchase') expect(fact.basis.lines).toHaveLength(1);
    expect(weighState(state)).toBeGreaterThan(2 * light);
  });
});
