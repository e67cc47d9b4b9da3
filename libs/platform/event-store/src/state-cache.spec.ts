import { StateCache } from './state-cache.ts';

interface Heavy {
  readonly weight: number;
}

const weigh = ({ weight }: Heavy): number => weight;
const held = (weight: number) => ({ state: { weight }, full: true });

it('keeps a state that is heavier than all of it, beside others', () => {
  const cache = new StateCache<Heavy>(1000, { weigh });
  cache.put('ann', 1, held(5000));
  cache.put('bob', 1, held(300));
  expect(cache.get('ann', 1)?.state.weight).toBe(5000);
  expect(cache.get('bob', 1)?.state.weight).toBe(300);
});

it('lets go of the state unused for longest once there is no room', () => {
  const cache = new StateCache<Heavy>(1000, { weigh });
  for (const name of ['ann', 'bob', 'cy']) cache.put(name, 1, held(400));
  expect([cache.get('ann', 1), cache.get('bob', 1)?.full, cache.get('cy', 1)?.full]).toEqual([undefined, true, true]);
});

it('keeps the abridged state, which is no longer full', () => {
  const abridge = ({ weight }: Heavy): Heavy | undefined => (weight > 100 ? { weight: 10 } : undefined);
  const cache = new StateCache<Heavy>(1000, { weigh, abridge });
  cache.put('ann', 1, held(5000));
  cache.put('bob', 1, held(50));
  expect(cache.get('ann', 1)).toMatchObject({ state: { weight: 10 }, full: false });
  expect(cache.get('bob', 1)).toMatchObject({ state: { weight: 50 }, full: true });
});
