import { lotBalancesAt } from './balance.ts';
import { rating, returning, Scenario } from './scenario.fixture.ts';
import { plainTimeline, type TimelineStep, walkedTimeline } from './timeline.ts';

const program = 'club';
const day = (text: string): string => `2026-${text}T00:00:00.000Z`;
const between = (id: string, points: number, active: string, expires: string | null) =>
  rating(id, '2026-01-01', points, { activeFrom: day(active), expiresAt: expires === null ? null : day(expires) });

/** Told out of order: the timeline is in order. */
function earned(): Scenario {
  const ledger = new Scenario().on('2026-01-10');
  ledger.tell(between('c', 10, '01-01', null));
  ledger.tell(between('a', 50, '01-20', '02-10'));
  ledger.tell(between('b', 30, '01-01', '02-01'));
  return ledger;
}

const told = (steps: readonly TimelineStep[]): unknown[] =>
  steps.map(({ at, ...step }) => [
    new Date(at).toISOString().slice(5, 10),
    Object.fromEntries(Object.entries(step).filter(([, points]) => points !== 0)),
  ]);
const walked = (ledger: Scenario): unknown[] => told(walkedTimeline(ledger.wallet(), ledger.now));
const plain = (ledger: Scenario): unknown[] => told(plainTimeline(lotBalancesAt(ledger.wallet(), ledger.now)));

const LATER = [
  ['01-20', { activates: 50, spendable: 90 }],
  ['02-01', { expires: 30, spendable: 60 }],
  ['02-10', { expires: 50, spendable: 10 }],
];

it('says when points can be spent and when they are gone, either way it is worked out', () => {
  expect(plain(earned())).toEqual(LATER);
  expect(walked(earned())).toEqual(LATER);
});

it('says nothing of what is over, nor of this very instant', () => {
  const ledger = earned().on('2026-01-20');
  expect(walked(ledger)).toEqual(LATER.slice(1));
  ledger.tell({ kind: 'redeem', id: 'r', points: 30, program });
  expect(walked(ledger)).toEqual([['02-10', { expires: 50, spendable: 10 }]]);
  expect(plain(ledger)).toEqual([['02-10', { expires: 50, spendable: 10 }]]);
  expect(walked(ledger.on('2026-02-10'))).toEqual([]);
  expect(walked(new Scenario())).toEqual([]);
});

it('frees what is reserved in the instant of its end, or lets it expire there', () => {
  const ledger = earned();
  ledger.tell({ kind: 'reserve', id: 'short', points: 20, program, ttl: 'P2D' });
  ledger.tell({ kind: 'reserve', id: 'long', points: 10, program, ttl: 'P25D' });
  expect(walked(ledger)).toEqual([
    ['01-12', { released: 20, spendable: 30 }],
    ['01-20', { activates: 50, spendable: 80 }],
    ['02-01', { expires: 20, spendable: 60 }],
    ['02-04', { released: 10, expires: 10, spendable: 60 }],
    ['02-10', { expires: 50, spendable: 10 }],
  ]);
});

it('repays what is owed in the instant in which points become active', () => {
  const ledger = earned();
  ledger.tell({ kind: 'redeem', id: 'r', points: 40, program });
  ledger.tell(returning('back', '2026-01-09', { b: 30 }));
  expect(walked(ledger)).toEqual([
    ['01-20', { activates: 50, repays: 30, spendable: 20 }],
    ['02-10', { expires: 20 }],
  ]);
});

it('says so where all that becomes active repays, and more is owed', () => {
  const ledger = new Scenario().on('2026-01-10');
  ledger.tell(between('b', 30, '01-01', null));
  ledger.tell(between('a', 20, '01-20', null));
  ledger.tell({ kind: 'redeem', id: 'r', points: 30, program });
  ledger.tell(returning('back', '2026-01-09', { b: 30 }));
  expect(walked(ledger)).toEqual([['01-20', { activates: 20, repays: 20 }]]);
});

it('never makes active what is gone before', () => {
  const ledger = new Scenario().on('2026-01-10');
  ledger.tell(between('late', 20, '03-01', '02-01'));
  ledger.tell(between('same', 5, '02-15', '02-15'));
  const gone = [
    ['02-01', { expires: 20 }],
    ['02-15', { expires: 5 }],
  ];
  expect(plain(ledger)).toEqual(gone);
  expect(walked(ledger)).toEqual(gone);
});

it('counts lots of one instant together', () => {
  const ledger = new Scenario().on('2026-01-10');
  for (const id of ['x', 'y']) ledger.tell(between(id, 5, '01-20', '02-01'));
  const both = [
    ['01-20', { activates: 10, spendable: 10 }],
    ['02-01', { expires: 10 }],
  ];
  expect(plain(ledger)).toEqual(both);
  expect(walked(ledger)).toEqual(both);
});
