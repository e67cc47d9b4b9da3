import type { PointsUndone, RewardTerms, TermsLearned } from '@loyalty/contracts';
import { moneyOff } from './money-off.ts';
import { rating, Scenario } from './scenario.fixture.ts';

/** What points are worth, as answers and entries say it, and what purchases and rewards say besides. */
const program = 'club';
const plain: TermsLearned = { program, version: 'v1', effectiveFrom: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' };
const valued: TermsLearned = { ...plain, currency: 'CNY', pointValue: '0.01' };
const worth = (amount: string) => ({ amount, currency: 'CNY', pointValue: '0.01' });
const total = { purchaseTotal: '1.00' };

it.each<[string, object, TermsLearned | undefined, object]>([
  ['nothing', {}, undefined, {}],
  ['nothing, whatever the currency', { currency: 'GBP' }, plain, {}],
  ['nothing without a value', total, { ...plain, currency: 'CNY' }, total],
  ['nothing without a currency', total, { ...plain, pointValue: '0.01' }, total],
  ['nothing at a value of 0', { ...total, currency: 'CNY' }, { ...valued, pointValue: '0' }, total],
  ['their value', {}, valued, { money: worth('1') }],
  ['their value, to the whole of a purchase', { ...total, currency: 'CNY' }, valued, { ...total, money: worth('1') }],
])('a hundred points are worth %s: %j', (_, asked, terms, expected) => {
  expect(moneyOff({ points: 100, ...asked }, terms)).toEqual(expected);
});

it('a hundred and one are too many for a purchase of 1.00', () => {
  expect(moneyOff({ points: 101, ...total }, valued)).toMatchObject({
    refusal: { details: { points: 101, most: 100 } },
  });
});

const earned = (terms: TermsLearned): Scenario => {
  const ledger = new Scenario().on('2026-02-01');
  ledger.terms.push(terms);
  ledger.tell(rating('p', '2026-01-01', 100));
  return ledger;
};

describe.each<[string, TermsLearned, ((amount: string) => object) | null]>([
  ['where points have a value', valued, worth],
  ['where they have none', plain, null],
])('%s', (_, terms, money) => {
  const said = (told: unknown, amount: string): void => {
    const { answer, events } = told as { answer: object; events: { data: object }[] };
    for (const told of [answer, events.at(-1)?.data]) {
      if (money) expect(told).toMatchObject({ money: money(amount) });
      else expect(told).not.toHaveProperty('money');
    }
  };

  it('redeeming, reserving and capturing say so', () => {
    const ledger = earned(terms);
    said(ledger.tell({ kind: 'redeem', id: 'r', points: 10, program }), '0.1');
    said(ledger.tell({ kind: 'reserve', id: 'b', points: 40, program }), '0.4');
    said(ledger.tell({ kind: 'capture', reservation: 'b', points: 25 }), '0.25');
  });
});

it('an undone reward says which, its piece, and whether nothing of it is left', () => {
  const reward = { id: 'mug', name: { en: 'Mug' }, points: 10, undone: 'back' as const } satisfies RewardTerms;
  const ledger = earned({ ...plain, rewards: [reward, { ...reward, id: 'cup', stock: 5 }] });
  ledger.tell({ kind: 'reward', id: 'm', program, reward: 'mug' });
  ledger.tell({ kind: 'reward', id: 'c', program, reward: 'cup', piece: { kind: 'held', number: 3 } });
  ledger.tell({ kind: 'redeem', id: 'r', points: 10, program });
  const undone = (redemption: string, points?: number): Partial<PointsUndone> => {
    const id = `u${ledger.events.length}`;
    const told = ledger.tell({ kind: 'undo', id, redemption, ...(points !== undefined && { points }) });
    const { reward: which, piece, whole } = ledger.events.at(-1)?.data as PointsUndone;
    const { answer } = told as { answer: { reward?: string; piece?: number } };
    expect([answer.reward, answer.piece]).toEqual([which, piece]);
    expect(answer).not.toHaveProperty('whole');
    return {
      ...(which !== undefined && { reward: which }),
      ...(piece !== undefined && { piece }),
      ...(whole && { whole }),
    };
  };
  expect(undone('m', 4)).toEqual({ reward: 'mug' });
  expect(undone('m')).toEqual({ reward: 'mug', whole: true });
  expect(undone('c')).toEqual({ reward: 'cup', piece: 3, whole: true });
  expect(undone('r')).toEqual({});
});

describe('a purchase rated again', () => {
  const told = (scenario: Scenario): object[] => scenario.events.map(({ type, data }) => ({ type, ...data }));

  it('says its cause, and what is waived only where something is', () => {
    const ledger = earned(plain);
    ledger.tell(rating('p', '2026-01-01', 80, {}, false));
    expect(told(ledger).at(-1)).toEqual({
      type: 'points.corrected.v1',
      program,
      at: '2026-01-01T00:00:00.000Z',
      postings: [
        { lot: 'shop/p', bucket: 'issued', points: 20 },
        { lot: 'shop/p', bucket: 'held', points: -20 },
      ],
      activeFrom: '2026-01-01T00:00:00.000Z',
      expiresAt: null,
      lot: 'shop/p',
      points: -20,
      cause: { source: 'shop', id: 'p' },
      reason: 'purchase',
      version: 'v1',
      tier: null,
      shortfall: 'owe',
    });
    expect(told(ledger)[0]).toMatchObject({ cause: { source: 'shop', id: 'p' } });
    expect(told(ledger)[0]).not.toHaveProperty('keptUntil');
  });

  it('that lives longer than it did waives nothing', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p', '2026-01-01', 10, { expiresAt: '2026-01-15T00:00:00.000Z' }));
    ledger.tell(rating('p', '2026-01-01', 10, {}, false));
    expect(told(ledger).at(-1)).toMatchObject({ points: 0, postings: [{ bucket: 'held' }, { bucket: 'expired' }] });
    expect(told(ledger).at(-1)).not.toHaveProperty('waived');
  });

  it('writes only what changed of how it expires by inactivity', () => {
    const year = { after: 'P12M', timeZone: 'UTC' };
    const ledger = new Scenario().on('2026-02-01');
    const again = (more: object) => {
      ledger.tell(rating('p', '2026-01-01', 10, more, false));
      return ledger.events.length;
    };
    expect([again({ inactivity: year }), again({ inactivity: { ...year } })]).toEqual([1, 1]);
    expect(told(ledger)[0]).toMatchObject({ inactivity: year, keptUntil: '2027-01-01T00:00:00.000Z' });
    expect(again({ inactivity: { ...year, after: 'P6M' } })).toBe(2);
    expect(again({ inactivity: { ...year, after: 'P6M', timeZone: 'Asia/Shanghai' } })).toBe(3);
    expect([again({}), again({}), again({ inactivity: year })]).toEqual([4, 4, 5]);
    expect(told(ledger)[3]).not.toHaveProperty('inactivity');
    const bought = ledger.events.length;
    ledger.tell(rating('p', '2026-01-01', 0, { inactivity: year, version: null }, false));
    expect(told(ledger)[bought]).not.toHaveProperty('keptUntil');
  });
});
