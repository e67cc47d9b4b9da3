import type { PurchaseRated } from '@loyalty/contracts';
import { formatInstant, type NewEvent } from '@loyalty/kernel';
import { basis, bought, programsOf, returned, shanghai, standard, Story } from '../tiers.fixture.ts';

const programs = programsOf(standard());
const course = (story: Story): string[] => story.course().map(({ tier, from }) => `${tier} ${formatInstant(from)}`);
const step = (tier: string, at: string): string => `${tier} ${formatInstant(shanghai(at))}`;
const rated = (events: NewEvent[]): PurchaseRated =>
  events.find((event) => event.type === 'purchase.rated.v1')?.data as PurchaseRated;

const coffeeAndTea = {
  currency: 'CNY',
  lines: [
    { line: 1, quantity: '1', amount: '19.9' },
    { line: 2, quantity: '1', amount: '10' },
  ],
};

describe('points of a purchase (RULES 3)', () => {
  it('gives a silver member 29.90 + 7.475 = 37 points, rounded once and spread by largest remainder', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-05-01'), '2000'));
    const rating = rated(story.tell(bought('2', shanghai('2026-06-06T10:15'), coffeeAndTea)));
    expect(rating).toMatchObject({ tier: 'silver', points: 37, eligible: '29.9' });
    expect(rating.cells).toEqual([
      { line: 1, rule: 'base', points: 20 },
      { line: 1, rule: 'tier-bonus', points: 5 },
      { line: 2, rule: 'base', points: 10 },
      { line: 2, rule: 'tier-bonus', points: 2 },
    ]);
  });

  it('says which rule gave nothing to a bronze member, and why', () => {
    const rating = rated(new Story(programs).tell(bought('1', shanghai('2026-06-06'), coffeeAndTea)));
    expect(rating).toMatchObject({ tier: 'bronze', points: 29, notFired: [{ rule: 'tier-bonus', because: 'tier' }] });
  });

  it('expires at the first instant of the next month: 25 Jan 2026 with P12M → 1 Feb 2027 in Shanghai', () => {
    const rating = rated(new Story(programs).tell(bought('1', shanghai('2026-01-25T15:00'), '10')));
    expect(rating.expiresAt).toBe('2027-01-31T16:00:00.000Z');
    expect(rating.activeFrom).toBe(formatInstant(shanghai('2026-02-08T15:00')));
  });

  it('earns nothing in another currency, and says so', () => {
    const rating = rated(
      new Story(programs).tell(bought('1', shanghai('2026-01-25'), basis('10', { currency: 'GBP' }))),
    );
    expect(rating).toMatchObject({ points: 0, reason: 'currency_not_covered', eligible: '0', tier: 'bronze' });
  });

  it('earns nothing where it would be more points than can be counted, and says so', () => {
    const dear = programsOf(standard(["per: '1.00'", "per: '0.01'"]));
    const story = new Story(dear);
    const rating = rated(story.tell(bought('1', shanghai('2026-01-25'), '999999999999999')));
    expect(rating).toMatchObject({ points: 0, cells: [], reason: 'too_many_points', eligible: '999999999999999' });
    expect(rated(story.tell(bought('2', shanghai('2026-01-26'), '1')))).toMatchObject({
      tier: 'platinum',
      points: 200,
    });
  });

  it('earns nothing before the first version, and says so', () => {
    const rating = rated(new Story(programs).tell(bought('1', shanghai('1999-12-31T23:59'), '10')));
    expect(rating).toMatchObject({ points: 0, reason: 'no_version_in_force', version: null, tier: null });
  });
});

describe('tiers (RULES 5)', () => {
  it('gold reached 10 Jan 2026, nothing after → silver from 2027-02-09, bronze 30 days after 2028-02-09', () => {
    const story = new Story(programs);
    const rating = rated(story.tell(bought('1', shanghai('2026-01-10'), '12000')));
    expect(rating.tier).toBe('bronze');
    expect(course(story)).toEqual([
      step('gold', '2026-01-10'),
      step('silver', '2027-02-09'),
      step('bronze', '2028-03-10'),
    ]);
  });

  it('silver reached 10 Jan 2026; 9,000 on 1 June makes gold; returned on 1 July → silver again, kept until 10 Jan 2027', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-01-10'), '2500'), bought('2', shanghai('2026-06-01'), '9000'));
    expect(course(story).slice(0, 2)).toEqual([step('silver', '2026-01-10'), step('gold', '2026-06-01')]);
    story.tell(returned('3', shanghai('2026-07-01'), '2'));
    expect(course(story)).toEqual([
      step('silver', '2026-01-10'),
      step('gold', '2026-06-01'),
      step('silver', '2026-07-01'),
      step('bronze', '2027-02-09'),
    ]);
    expect(story.events.filter((event) => event.type === 'tier.changed.v1').map((event) => event.data)).toMatchObject([
      { from: null, to: 'silver', reason: 'qualified' },
      { from: 'silver', to: 'gold', reason: 'qualified' },
      { from: 'gold', to: 'silver', reason: 'returned' },
    ]);
  });

  it('a purchase and its return leave the window together: 168,469.60 returned 12 minutes later', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-01-10'), '77183.60'), returned('2', shanghai('2026-01-10T00:16'), '1'));
    expect(course(story)).toEqual([step('platinum', '2026-01-10'), step('bronze', '2026-01-10T00:16')]);
    expect(Object.values(story.ratings().returns)[0]?.reversals).toMatchObject([
      { points: 77183, eligible: '77183.6' },
    ]);
  });

  it('holds a tier beyond keepFor as long as the window qualifies, then for the grace', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-01-10'), '2000'), bought('2', shanghai('2026-06-01'), '2000'));
    expect(course(story)).toEqual([step('silver', '2026-01-10'), step('bronze', '2027-07-01')]);
  });

  it('ends the grace early when the line is met again', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-01-10'), '2000'), bought('2', shanghai('2027-01-20'), '2000'));
    expect(course(story)).toEqual([step('silver', '2026-01-10'), step('bronze', '2028-02-19')]);
  });

  it('toQualified drops to what the window gives, without a fresh keepFor', () => {
    const story = new Story(programsOf(standard(['oneStep', 'toQualified'])));
    story.tell(bought('1', shanghai('2026-01-10'), '12000'), bought('2', shanghai('2026-03-01'), '2000'));
    expect(course(story)).toEqual([
      step('gold', '2026-01-10'),
      step('silver', '2027-02-09'),
      step('bronze', '2027-03-31'),
    ]);
  });

  it('keeps an opened tier until its day', () => {
    const story = new Story(programs);
    const opening = {
      kind: 'openTier',
      program: 'standard',
      tier: 'gold',
      since: shanghai('2026-01-01'),
      keepUntil: shanghai('2026-12-01'),
      reference: 'r1',
    } as const;
    story.tell(opening);
    expect(rated(story.tell(bought('1', shanghai('2026-01-01'), '10'))).tier).toBe('gold');
    expect(course(story)).toEqual([
      step('gold', '2026-01-01'),
      step('silver', '2026-12-31'),
      step('bronze', '2028-01-30'),
    ]);
    expect(story.tell(opening)).toEqual([]);
  });

  it('a return by a till whose clock is behind: the purchase earns, and never counted', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-01-10T10:00'), '2000'), returned('2', shanghai('2026-01-10T09:00'), '1'));
    expect(course(story)).toEqual([step('bronze', '2026-01-10T09:00')]);
    const { purchases, returns } = story.ratings();
    expect(purchases['standard:till/1']).toMatchObject({ points: 2000, tier: 'bronze' });
    expect(returns['standard:till/2']?.reversals).toMatchObject([{ points: 2000, eligible: '2000' }]);
  });

  it('an exchange: what comes back leaves before what is bought with it counts', () => {
    const story = new Story(programs);
    const exchange = shanghai('2026-02-01');
    story.tell(
      bought('1', shanghai('2026-01-10'), '1500'),
      { ...returned('2', exchange, '1'), mixed: true },
      bought('2', exchange, '1000'),
    );
    expect(course(story)).toEqual([step('bronze', '2026-01-10')]);
    story.tell(bought('3', shanghai('2026-02-02'), '1000'));
    expect(course(story)[1]).toEqual(step('silver', '2026-02-02'));
  });

  it('a return that matches nothing moves nothing, and says so', () => {
    const story = new Story(programs);
    story.tell(bought('1', shanghai('2026-01-10'), '2000'));
    const before = story.course();
    const [event] = story.tell(returned('2', shanghai('2026-02-01')));
    expect(event).toMatchObject({ type: 'return.rated.v1', data: { reversals: [], matches: [] } });
    expect(story.course()).toEqual(before);
  });

  it('a purchase of nothing eligible is no reason for a tier', () => {
    const story = new Story(programs);
    const delivery = {
      currency: 'CNY',
      lines: [{ line: 1, kind: 'delivery' as const, quantity: '1', amount: '5000' }],
    };
    expect(rated(story.tell(bought('1', shanghai('2026-01-10'), delivery)))).toMatchObject({
      points: 0,
      eligible: '0',
    });
    expect(course(story)).toEqual([step('bronze', '2026-01-10')]);
  });
});

describe('a new version', () => {
  const harder = standard(
    [/effectiveFrom: .*/, 'effectiveFrom: 2026-07-01T00:00:00+08:00'],
    ['from: 10000', 'from: 20000'],
  );
  const easier = standard(
    [/effectiveFrom: .*/, 'effectiveFrom: 2026-07-01T00:00:00+08:00'],
    ['from: 10000', 'from: 3000'],
  );

  it('lets a running keepFor stand', () => {
    const story = new Story(programsOf(standard(), harder));
    story.tell(bought('1', shanghai('2026-01-10'), '12000'));
    expect(course(story)[1]).toEqual(step('silver', '2027-02-09'));
  });

  it('lifts at its date whom its ladder lifts, published before or after', () => {
    const early = new Story(programsOf(standard(), easier));
    const late = new Story(programs);
    for (const story of [early, late])
      story.tell(bought('1', shanghai('2026-01-10'), '4000'), bought('2', shanghai('2026-08-01'), '100'));
    const corrections = late.publish(programsOf(standard(), easier));
    expect(corrections).toMatchObject([
      { type: 'rating.corrected.v1', data: { previousPoints: 125, cause: { kind: 'program' } } },
      { type: 'tier.changed.v1', data: { to: 'gold' } },
    ]);
    expect(late.ratings()).toEqual(early.ratings());
    expect(course(late)).toEqual(course(early));
    expect(course(late).slice(0, 2)).toEqual([step('silver', '2026-01-10'), step('gold', '2026-07-01')]);
  });
});
