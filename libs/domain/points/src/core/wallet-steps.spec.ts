import type { PointsSent } from '@loyalty/contracts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';
import { fullState } from './wallet.ts';
import { applyStepwise } from './wallet-steps.ts';

const program = 'club';
const day = (text: string): string => `2026-${text}T00:00:00.000Z`;
const lasting = (points: number, active: string, expires: string | null, first = true) =>
  rating('p', '2026-01-05', points, { activeFrom: day(active), expiresAt: expires && day(expires) }, first);

/** Of each entry, in the order recorded: its kind, and what it changes from which day on. */
function stepsOf({ events }: Scenario): string[] {
  const state = fullState();
  return events.map((event) => {
    const steps = applyStepwise(state, event).map(({ at, change }) => {
      const buckets = Object.entries(change).map(([bucket, points]) => `${bucket} ${points}`);
      return [new Date(at).toISOString().slice(5, 10), ...buckets.sort()].join(' ');
    });
    return `${event.type.split('.')[1]}: ${steps.join(', ')}`;
  });
}

const ledger = (active = '01-05'): Scenario => {
  const scenario = new Scenario().on('2026-01-10');
  scenario.tell(lasting(10, active, '02-10'));
  return scenario;
};

describe('what an entry changes about all instants', () => {
  it.each([
    ['01-20', '02-10', '01-05 issued 10 pending 10, 01-20 pending -10, 02-10 expired 10'],
    ['01-05', null, '01-05 issued 10'],
    ['02-20', '02-10', '01-05 issued 10 pending 10, 02-10 expired 10 pending -10'],
    ['02-20', '01-05', '01-05 expired 10 issued 10'],
    ['01-05', '01-01', '01-05 expired 10 issued 10'],
  ])('a purchase active from %s until %s', (active, expires, steps) => {
    const scenario = new Scenario().on('2026-01-05');
    scenario.tell(lasting(10, active, expires));
    expect(stepsOf(scenario)[0]).toBe(`earned: ${steps}`);
  });

  it('each redemption and each undoing: its own points only, in the order of time', () => {
    const scenario = ledger();
    scenario.tell(redeeming(4, 'a'));
    scenario.on('2026-01-12').tell(redeeming(3, 'b'));
    scenario.on('2026-01-15').tell({ kind: 'undo', id: 'u', redemption: 'a', points: 2 });
    expect(stepsOf(scenario)).toEqual([
      'earned: 01-05 issued 10, 02-10 expired 10',
      'redeemed: 01-10 spent 4, 02-10 expired -4',
      'redeemed: 01-12 spent 3, 02-10 expired -3',
      'undone: 01-15 spent -2, 02-10 expired 2',
    ]);
  });

  it('a reservation: its end too, until it is captured', () => {
    const scenario = ledger();
    scenario.tell({ kind: 'reserve', id: 'v', points: 6, ttl: 'P3D', program });
    scenario.on('2026-01-12').tell({ kind: 'capture', reservation: 'v', points: 4 });
    expect(stepsOf(scenario).slice(1)).toEqual([
      'reserved: 01-10 reserved 6, 01-13 reserved -6',
      'captured: 01-12 reserved -6 spent 4, 01-13 reserved 6, 02-10 expired -4',
    ]);
  });

  it('a reservation that outlasts its points: they are gone at its end', () => {
    const scenario = ledger().on('2026-02-09');
    scenario.tell({ kind: 'reserve', id: 'v', points: 6, ttl: 'P3D', program });
    scenario.on('2026-02-11').tell({ kind: 'void', reservation: 'v' });
    expect(stepsOf(scenario).slice(1)).toEqual([
      'reserved: 02-09 reserved 6, 02-10 expired -6, 02-12 expired 6 reserved -6',
      'expired: ',
      'voided: 02-11 expired 6 reserved -6, 02-12 expired -6 reserved 6',
    ]);
  });

  it('a return: of a pending purchase, and never before the purchase', () => {
    const scenario = ledger('01-20');
    scenario.tell(returning('r', '2026-01-03', { p: 4 }));
    expect(stepsOf(scenario)[1]).toBe('reversed: 01-05 pending -4 reversed 4, 01-20 pending 4, 02-10 expired -4');
  });

  it('what goes from one member to another', () => {
    const from = ledger();
    from.tell({ kind: 'send', id: 't', points: 6, from: 'ann', to: 'bob', program });
    const to = new Scenario().on('2026-01-11');
    to.tell({ kind: 'receive', from: 'ann', sent: from.events.at(-1)?.data as PointsSent });
    expect(stepsOf(from)[1]).toBe('sent: 01-10 sent 6, 02-10 expired -6');
    expect(stepsOf(to)).toEqual(['received: 01-10 received 6, 02-10 expired 6']);
  });
});

it.each([
  ['its worth', {}, 13, '01-05 issued 3, 02-10 expired 3'],
  ['its expiry, though nothing is posted', { expiresAt: day('03-01') }, 10, '02-10 expired -6, 03-01 expired 6'],
  ['that it expires at all', { expiresAt: null }, 10, '02-10 expired -6'],
  ['its activation', { activeFrom: day('01-20') }, 10, '01-05 pending 10, 01-10 pending -4, 01-20 pending -6'],
  ['its time', { at: day('01-12') }, 10, '01-05 issued -10, 01-10 spent -4, 01-12 issued 10 spent 4'],
])('a correction of a purchase that was spent changes %s', (_about, more, points, steps) => {
  const scenario = ledger();
  scenario.tell(redeeming(4));
  const { rating: terms, ...again } = lasting(points, '01-05', '02-10', false);
  scenario.tell({ ...again, rating: { ...terms, ...more } });
  expect(stepsOf(scenario)[2]).toBe(`corrected: ${steps}`);
});
