import { lotBalancesAt } from './balance.ts';
import { instantOf, rating, redeeming, Scenario } from './scenario.fixture.ts';

const inactivity = { after: 'P12M', timeZone: 'Asia/Shanghai' };
const idling = (id: string, at: string, points = 100) => rating(id, at, points, { inactivity });
const day = (text: string): number => instantOf(`${text}T00:00:00+08:00`);

describe('points that expire by inactivity', () => {
  it('are gone 12 months after the last purchase, to the local hour', () => {
    const ledger = new Scenario().on(day('2026-03-01'));
    ledger.tell(idling('a', '2026-01-25T02:00:00.000Z'));
    ledger.tell(idling('b', '2026-02-28T02:00:00.000Z', 20));
    expect(ledger.balance('2027-02-28T01:59:59.999Z')).toEqual({ issued: 120, active: 120 });
    expect(ledger.balance('2027-02-28T02:00:00.000Z')).toEqual({ issued: 120, expired: 120 });
  });

  it('are kept by a redemption, and the entry says until when', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    const told = ledger.tell(redeeming(30));
    expect(told).toMatchObject({ events: [{ data: { keptUntil: '2027-12-01T00:00:00.000Z' } }] });
    expect(ledger.balance('2027-11-30')).toMatchObject({ active: 70 });
    expect(ledger.balance('2027-12-01')).toMatchObject({ expired: 70, spent: 30 });
  });

  it('come back by an entry when a late purchase turns out to have kept them', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.on('2027-03-01').tell({ kind: 'settle' });
    expect(ledger.wallet().written).toMatchObject({ held: 0, expired: 100 });
    const told = ledger.tell(idling('b', '2027-01-09', 20));
    expect(told).toMatchObject({
      events: [
        { type: 'points.earned.v1', data: { lot: 'shop/b' } },
        { type: 'points.expired.v1', data: { lot: 'shop/a', points: -100, at: '2027-01-10T00:00:00.000Z' } },
      ],
    });
    expect(ledger.wallet().written).toMatchObject({ held: 120, expired: 0 });
    expect(ledger.balance()).toEqual({ issued: 120, active: 120 });
    expect(ledger.balance('2028-01-09')).toEqual({ issued: 120, expired: 120 });
  });

  it('do not come back when the purchase was in the very instant or later', () => {
    const ledger = new Scenario().on('2027-03-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(idling('b', '2027-01-10', 20));
    expect(ledger.balance()).toEqual({ issued: 120, active: 20, expired: 100 });
  });

  it('are kept by a purchase that is worth nothing', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push({
      program: 'club',
      version: 'v1',
      effectiveFrom: '2020-01-01T00:00:00.000Z',
      timeZone: 'UTC',
      expiry: { inactivity: 'P12M' },
    });
    ledger.tell(idling('a', '2026-01-10'));
    expect(ledger.tell(idling('b', '2026-06-10', 0))).toMatchObject({
      events: [{ data: { points: 0, postings: [] } }],
    });
    const unrated = rating('c', '2026-06-11', 0, { version: null });
    expect(ledger.tell(unrated)).toMatchObject({ events: [] });
    expect(ledger.balance('2027-06-09')).toEqual({ issued: 100, active: 100 });
    expect(ledger.balance('2027-06-10')).toEqual({ issued: 100, expired: 100 });
  });

  it('expire after all when the purchase that kept them is voided', () => {
    const ledger = new Scenario().on('2027-03-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(idling('b', '2026-06-10', 20));
    expect(ledger.balance()).toMatchObject({ active: 120 });
    const voided = rating('b', '2026-06-10', 0, { version: null }, false);
    expect(ledger.tell({ ...voided, reason: 'void' })).toMatchObject({
      events: [{ type: 'points.corrected.v1' }, { type: 'points.expired.v1', data: { lot: 'shop/a', points: 100 } }],
    });
    expect(ledger.balance()).toEqual({ expired: 100, issued: 100 });
  });

  it('expire in the instant in which the redemption that kept them is undone, what it gives back included', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(redeeming(30));
    ledger.on('2027-03-01');
    const told = ledger.tell({ kind: 'undo', id: 'u', redemption: 'r' });
    expect(told).toMatchObject({ answer: { spendable: 0 } });
    expect(ledger.balance()).toEqual({ issued: 100, expired: 100 });
    expect(ledger.balance('2027-02-28')).toEqual({ issued: 100, active: 70, spent: 30 });
    expect(ledger.tell({ kind: 'settle' })).toMatchObject({ events: [] });
  });

  it('are kept by a redemption that is undone in part', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(redeeming(30));
    ledger.on('2027-03-01').tell({ kind: 'undo', id: 'u', redemption: 'r', points: 10 });
    expect(ledger.balance()).toEqual({ issued: 100, active: 80, spent: 20 });
  });

  it('stay where another redemption keeps them, when one is undone', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(redeeming(30));
    ledger.on('2026-12-15').tell(redeeming(20, 'other'));
    ledger.on('2027-03-01');
    expect(ledger.tell({ kind: 'settle' })).toMatchObject({ events: [] });
    expect(ledger.tell({ kind: 'undo', id: 'u', redemption: 'other' })).toMatchObject({
      answer: { spendable: 70 },
      events: [{ type: 'points.undone.v1' }],
    });
    expect(ledger.balance('2027-12-01')).toEqual({ issued: 100, expired: 70, spent: 30 });
  });

  it('are spent in the order of the ends that activities gave them', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(rating('dated', '2026-01-11', 50, { expiresAt: '2027-06-01T00:00:00.000Z' }));
    expect(ledger.tell(redeeming(1))).toMatchObject({ answer: { lots: [{ lot: 'shop/a', points: 1 }] } });
    expect(ledger.tell(redeeming(1, 'next'))).toMatchObject({ answer: { lots: [{ lot: 'shop/dated', points: 1 }] } });
  });

  it('end, as one would have said at an instant, by what was until then and stood', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10T00:00:00.000Z'));
    ledger.tell(redeeming(30));
    ledger.on('2026-12-05').tell({ kind: 'undo', id: 'u', redemption: 'r' });
    const endAt = (at: string) =>
      lotBalancesAt(ledger.wallet(), instantOf(at)).map(({ lot }) =>
        new Date(lot.expiresAt).toISOString().slice(0, 10),
      );
    expect(endAt('2026-11-30')).toEqual(['2027-01-10']);
    expect(endAt('2026-12-01')).toEqual(['2027-12-01']);
    expect(endAt('2026-12-04')).toEqual(['2027-12-01']);
    expect(endAt('2026-12-05')).toEqual(['2027-01-10']);
  });

  it('of a purchase that is corrected are owed by what it is worth now', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell({ kind: 'send', id: 't', points: 60, from: 'ann', to: 'bob' });
    ledger.tell(rating('a', '2026-01-20', 10, { inactivity }, false));
    expect(ledger.events.at(-1)?.data.postings).toContainEqual({ lot: 'shop/a', bucket: 'owed', points: -50 });
    expect(ledger.tell({ kind: 'settle' })).toMatchObject({ events: [] });
  });

  it('leave nothing to expire where all of them were redeemed, when that is undone', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell(redeeming(100));
    ledger.on('2027-03-01');
    expect(ledger.tell({ kind: 'undo', id: 'u', redemption: 'r' })).toMatchObject({
      events: [{ type: 'points.undone.v1', data: { postings: [{ bucket: 'spent' }, { bucket: 'expired' }] } }],
    });
  });

  it('that were gone when their purchase came are earned and expired at once', () => {
    const ledger = new Scenario().on('2027-03-01');
    expect(ledger.tell(idling('a', '2026-01-10'))).toMatchObject({
      events: [{ type: 'points.earned.v1' }, { type: 'points.expired.v1', data: { at: '2027-01-10T00:00:00.000Z' } }],
    });
    expect(ledger.tell(idling('b', '2025-01-10'))).toMatchObject({
      events: [{ type: 'points.earned.v1' }, { type: 'points.expired.v1', data: { at: '2026-01-10T00:00:00.000Z' } }],
    });
  });

  it('given by an adjustment live for the period at least', () => {
    const ledger = new Scenario().on('2026-12-01');
    ledger.terms.push({
      program: 'club',
      version: 'v1',
      effectiveFrom: '2020-01-01T00:00:00.000Z',
      timeZone: 'UTC',
      expiry: { inactivity: 'P12M' },
    });
    ledger.tell(idling('a', '2026-01-10'));
    ledger.tell({ kind: 'adjust', id: 'g', program: 'club', points: 50, reason: 'goodwill' });
    expect(ledger.balance('2027-02-01')).toEqual({ issued: 150, active: 50, expired: 100 });
    expect(ledger.balance('2027-12-01')).toEqual({ issued: 150, expired: 150 });
  });
});
