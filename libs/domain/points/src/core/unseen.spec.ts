import { type Rate } from './input.ts';
import { decide } from './decide.ts';
import { instantOf, rating, redeeming, returning, Scenario } from './scenario.fixture.ts';
import { fullState, shallowState } from './wallet.ts';

/** A purchase never rated before, in a wallet whose lots nobody has looked at. */
const now = instantOf('2026-02-01');
const unseen = (input: Rate, state = shallowState(), terms: Scenario['terms'] = []) =>
  decide(input, state, { now, global: { terms } });
const seen = (input: Rate) => decide(input, fullState(), { now, global: { terms: [] } });

it.each([
  ['spendable at once', rating('p', '2026-01-01', 10)],
  [
    'pending',
    rating('p', '2026-01-31', 10, { activeFrom: '2026-02-14T00:00:00.000Z', expiresAt: '2027-01-01T00:00:00.000Z' }),
  ],
  ['past its expiry', rating('p', '2025-01-01', 10, { expiresAt: '2026-01-01T00:00:00.000Z' })],
  ['past its expiry in this very instant', rating('p', '2025-01-01', 10, { expiresAt: '2026-02-01T00:00:00.000Z' })],
  ['worth nothing', rating('p', '2026-01-01', 0)],
])('%s is written as if all lots were known', (_, input) => {
  expect(unseen(input)).toEqual(seen(input));
});

const inactivity = { after: 'P1M', timeZone: 'UTC' };
const idle = {
  program: 'club',
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  expiry: { inactivity: 'P1M' },
};
const insufficient = { kind: 'insufficient' };

it('takes a tier course without any lot', () => {
  const course = [{ tier: 'gold', from: '2026-01-01T00:00:00.000Z' }];
  expect(decide({ kind: 'tier', program: 'club', course }, shallowState(), { now, global: { terms: [] } })).toEqual({
    kind: 'accepted',
    events: [{ type: 'tier.learned.v1', time: instantOf('2026-01-01'), data: { program: 'club', course } }],
    answer: null,
  });
});

it('a return takes from its purchases in the order of their names, whatever the order told', () => {
  const ledger = new Scenario().on('2026-02-01');
  for (const id of ['a', 'b', 'c']) ledger.tell(rating(id, '2026-01-01', 10));
  ledger.tell(returning('r', '2026-01-10', { c: 1, a: 1, b: 1 }));
  expect(ledger.events.slice(3).map(({ data }) => (data as { lot: string }).lot)).toEqual([
    'shop/a',
    'shop/b',
    'shop/c',
  ]);
});

it('a purchase that turns out to be younger burns later', () => {
  const ledger = new Scenario().on('2026-02-01');
  const always = { activeFrom: '2026-01-01T00:00:00.000Z' };
  ledger.tell(rating('a', '2026-01-01', 10, always));
  ledger.tell(rating('b', '2026-01-02', 10, always));
  ledger.tell(rating('a', '2026-01-03', 10, always, false));
  expect(ledger.tell(redeeming(5))).toMatchObject({ answer: { lots: [{ lot: 'shop/b', points: 5 }] } });
});

it('needs the others where points were owed, where it was rated before, and where activity counts', () => {
  const plain = rating('p', '2026-01-01', 10);
  expect(unseen(plain, shallowState(['other'])).kind).toBe('accepted');
  expect(unseen(plain, shallowState(['club']))).toEqual(insufficient);
  expect(unseen({ ...plain, first: false })).toEqual(insufficient);
  expect(unseen(rating('p', '2026-01-01', 10, { inactivity }))).toEqual(insufficient);
  expect(unseen(plain, shallowState(), [idle])).toEqual(insufficient);
  expect(unseen(plain, shallowState(), [{ ...idle, program: 'other' }]).kind).toBe('accepted');
  const others = [returning('r', '2026-01-01', {}), { kind: 'settle' as const }];
  for (const input of others)
    expect(decide(input, shallowState(), { now, global: { terms: [] } })).toEqual(insufficient);
});

it.each([-1, 1.5, 2 ** 53, Number.NaN])('a return cannot take back %p points', (points) => {
  expect(() => new Scenario().tell(returning('r', '2026-01-01', { p: points }))).toThrow(
    `a return cannot take back ${points} points`,
  );
});

it('a return that now counts in another program leaves the first', () => {
  const ledger = new Scenario().on('2026-02-01');
  ledger.tell(rating('p', '2026-01-01', 10));
  ledger.tell(rating('q', '2026-01-01', 10, { program: 'other' }));
  const back = returning('r', '2026-01-10', { p: 4 });
  ledger.tell(back);
  ledger.tell({
    ...back,
    rating: { ...back.rating, program: 'other', reversals: [{ purchase: { source: 'shop', id: 'q' }, points: 3 }] },
  });
  expect([ledger.wallet().written.reversed, ledger.wallet('other').written.reversed]).toEqual([0, 3]);
  expect(ledger.tell(returning('r', '2026-01-10', {}))).toMatchObject({
    events: [{ data: { program: 'other', points: -3 } }],
  });
});

it('one name is one redemption or reservation', () => {
  const ledger = new Scenario().on('2026-02-01');
  ledger.tell(rating('p', '2026-01-01', 10));
  ledger.tell({ kind: 'redeem', id: 'a', points: 1, program: 'club' });
  ledger.tell({ kind: 'reserve', id: 'b', points: 1, program: 'club' });
  for (const id of ['a', 'b']) {
    expect(() => ledger.tell({ kind: 'reserve', id, points: 1, program: 'club' })).toThrow(
      `${id} names a reservation or redemption already`,
    );
  }
});
