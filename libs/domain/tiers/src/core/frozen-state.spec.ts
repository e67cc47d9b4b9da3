import fc from 'fast-check';
import { bought, programsOf, returned, shanghai, standard, Story } from '../tiers.fixture.ts';

const HOUR = 3_600_000;
const first = standard();
const later = standard([/effectiveFrom: .*/, 'effectiveFrom: 2026-03-01T00:00:00+08:00'], ['from: 2000', 'from: 1500']);

/** In order mostly; some come late, some are brought back. */
const step = fc.record({
  hours: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 2_500 }) },
    { weight: 1, arbitrary: fc.integer({ min: -900, max: -1 }) },
  ),
  amount: fc.integer({ min: 1, max: 4_000 }),
  back: fc.integer({ min: 0, max: 9 }),
});

it('a state that was kept aside after every step decides as one that was not', () => {
  let kept = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const programs = programsOf(first, later);
      const [plain, aside] = [new Story(programs), new Story(programs)];
      let at = shanghai('2025-06-01');
      for (const [i, { hours, amount, back }] of steps.entries()) {
        at += hours * HOUR;
        const input = back === 0 && i > 0 ? returned(`r${i}`, at, `p${i - 1}`) : bought(`p${i}`, at, `${amount}`);
        plain.tell(input);
        aside.tell(input);
        if (aside.keepAside()) kept++;
      }
      expect(aside.log).toEqual(plain.log);
    }),
  );
  // Or nothing was tested.
  expect(kept).toBeGreaterThan(100);
});
