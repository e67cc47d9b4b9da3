import { openTown, type Served, type Town } from './attack.fixture.ts';
import { pointsChecks } from './checks.ts';
import { rating } from './core/scenario.fixture.ts';
import { tell } from './points.fixture.ts';

/** Every number and every name a till may get wrong, and the code that says so. Nothing is written by any of them. */
const program = 'club';
let town: Town;
let served: Served;

beforeAll(async () => {
  town = await openTown(1);
  [served] = town.processes as [Served];
  const terms = {
    program,
    version: 'v1',
    effectiveFrom: '2020-01-01T00:00:00.000Z',
    timeZone: 'UTC',
    expiry: null,
    currency: 'CNY',
    pointValue: '0.01',
    minimumRedemption: 5,
  };
  await served.writer.broadcast('program:club', [{ type: 'terms.learned.v1', time: 0, data: terms }]);
  for (const member of ['m-1', 'm-2', 'm-shut'])
    await tell(served.writer, member, rating(`${member}-p`, '2026-01-01', 100));
  await served.ask('m-1/reservations', { points: 10 }, 'open');
  await served.ask('m-1/reservations', { points: 10 }, 'voided');
  await served.ask('m-1/reservations/voided/void', {}, 'void');
  await served.ask('m-1/redemptions', { points: 10 }, 'spent');
  await served.ask('m-1/redemptions', { points: 10 }, 'undone');
  await served.ask('m-1/redemptions/undone/undo', {}, 'undo');
  await served.ask('m-shut/close', { reason: 'test' }, 'shut');
});
afterAll(() => town.close());

const events = async (): Promise<number> =>
  (await town.database.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM points.events')).rows[0]
    ?.count as number;

/** What no number of points is, to whoever takes some. */
const NUMBERS: [unknown, string][] = [
  [0, 'bad_input'],
  [-1, 'bad_input'],
  [1.5, 'bad_input'],
  [2 ** 53, 'bad_input'],
  [1e300, 'bad_input'],
  ['10', 'bad_input'],
  [null, 'bad_input'],
  [[10], 'bad_input'],
];
const DOORS: [string, object][] = [
  ['m-1/redemptions', {}],
  ['m-1/reservations', {}],
  ['m-1/reservations/open/capture', {}],
  ['m-1/redemptions/spent/undo', {}],
  ['m-1/transfers', { to: 'm-2' }],
  ['m-1/adjustments', { reason: 'test' }],
];
const numbers = DOORS.flatMap(([path, body]) =>
  NUMBERS.filter(([points]) => !(path.endsWith('adjustments') && points === -1))
    // Left out, a capture or an undo is of all; null says the same.
    .filter(([points]) => !(points === null && /capture|undo/.test(path)))
    .map(([points, code]): [string, object, number, string] => [path, { ...body, points }, 400, code]),
);

const names: [string, object, number, string][] = [
  // Too many, too few.
  ['m-1/redemptions', { points: 4 }, 422, 'below_minimum'],
  ['m-1/reservations', { points: 4 }, 422, 'below_minimum'],
  ['m-1/redemptions', { points: 1_000 }, 422, 'insufficient_points'],
  ['m-1/redemptions', { points: Number.MAX_SAFE_INTEGER }, 422, 'insufficient_points'],
  ['m-1/reservations', { points: 1_000 }, 422, 'insufficient_points'],
  ['m-1/transfers', { points: 1_000, to: 'm-2' }, 422, 'insufficient_points'],
  ['m-1/adjustments', { points: -1_000, reason: 'test' }, 422, 'insufficient_points'],
  ['m-1/adjustments', { points: Number.MAX_SAFE_INTEGER, reason: 'test' }, 422, 'too_many_points'],
  ['m-1/reservations/open/capture', { points: 11 }, 422, 'more_than_reserved'],
  ['m-1/redemptions/spent/undo', { points: 11 }, 422, 'more_than_redeemed'],
  // What is over.
  ['m-1/reservations/voided/capture', {}, 422, 'reservation_voided'],
  ['m-1/reservations/voided/void', {}, 422, 'reservation_voided'],
  ['m-1/redemptions/undone/undo', {}, 422, 'already_undone'],
  // Nobody's, or another member's.
  ['m-1/reservations/nobody/capture', {}, 422, 'unknown_reservation'],
  ['m-2/reservations/open/capture', {}, 422, 'unknown_reservation'],
  ['m-2/reservations/open/void', {}, 422, 'unknown_reservation'],
  ['m-1/redemptions/nobody/undo', {}, 422, 'unknown_redemption'],
  ['m-2/redemptions/spent/undo', {}, 422, 'unknown_redemption'],
  ['m-1/redemptions/open/undo', {}, 422, 'unknown_redemption'],
  ['m-9/redemptions', { points: 10 }, 422, 'insufficient_points'],
  ['m-1/transfers', { points: 10, to: 'm-1' }, 422, 'transfer_to_self'],
  ['m-1/transfers', { points: 10, to: 'ann@example.org' }, 422, 'member_id_personal'],
  ['m-1/transfers', { points: 10, to: '' }, 400, 'bad_input'],
  ['ann@example.org/redemptions', { points: 10 }, 422, 'member_id_personal'],
  ['m-1/redemptions', { points: 10, program: 'nowhere' }, 422, 'insufficient_points'],
  ['m-1/adjustments', { points: 10, reason: 'test', program: 'nowhere' }, 422, 'unknown_program'],
  // A closed account.
  ['m-shut/redemptions', { points: 10 }, 422, 'account_closed'],
  ['m-shut/reservations', { points: 10 }, 422, 'account_closed'],
  ['m-shut/transfers', { points: 10, to: 'm-2' }, 422, 'account_closed'],
  ['m-shut/adjustments', { points: 10, reason: 'test' }, 422, 'account_closed'],
  ['m-shut/close', { reason: 'test' }, 422, 'already_closed'],
  ['m-1/reopen', { reason: 'test' }, 422, 'not_closed'],
  // Money and time.
  ['m-1/redemptions', { points: 10, purchaseTotal: '10.00', currency: 'GBP' }, 422, 'wrong_currency'],
  ['m-1/reservations', { points: 10, purchaseTotal: '10.00', currency: 'GBP' }, 422, 'wrong_currency'],
  ['m-1/redemptions', { points: 10, purchaseTotal: '10.00', currency: 'cny' }, 400, 'bad_input'],
  ['m-1/redemptions', { points: 10, purchaseTotal: '0.09' }, 422, 'above_share_of_purchase'],
  ['m-1/redemptions', { points: 10, purchaseTotal: '-1' }, 400, 'bad_input'],
  ['m-1/redemptions', { points: 10, purchaseTotal: 1.5 }, 400, 'bad_input'],
  ['m-1/reservations', { points: 10, ttl: 'PT0S' }, 422, 'invalid_ttl'],
  ['m-1/reservations', { points: 10, ttl: '-PT5M' }, 422, 'invalid_ttl'],
  ['m-1/reservations', { points: 10, ttl: 'P31D' }, 422, 'invalid_ttl'],
  ['m-1/adjustments', { points: 10, reason: 'test', expiresAt: '2020-01-01T00:00:00Z' }, 422, 'expires_in_the_past'],
  ['m-1/adjustments', { points: 10, reason: 'test', expiresAt: 'tomorrow' }, 400, 'bad_input'],
  ['m-1/adjustments', { points: 10 }, 400, 'bad_input'],
];

let asked = 0;
it.each([...numbers, ...names])(
  '%s with %j is answered %d %s, and nothing is written',
  async (path, body, status, code) => {
    const before = await events();
    const told = await served.ask(path, body, `asked-${(asked += 1)}`);
    expect({ status: told.status, code: told.body['code'] }).toEqual({ status, code });
    expect(await events()).toBe(before);
  },
);

it('without a key nothing is taken', async () => {
  expect(await served.ask('m-1/redemptions', { points: 10 })).toMatchObject({ status: 400 });
});

it('leaves the ledger whole', async () => {
  for (const check of pointsChecks) expect(await check.run(town.database.pool, Date.now())).toMatchObject({ ok: true });
});
