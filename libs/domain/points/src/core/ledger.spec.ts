import { Scenario, rating, redeeming } from './scenario.fixture.ts';

const between = (id: string, at: string, points: number, activeFrom: string, expiresAt: string) =>
  rating(id, at, points, { activeFrom: `${activeFrom}T00:00:00.000Z`, expiresAt: `${expiresAt}T00:00:00.000Z` });

const TERMS = {
  program: 'club',
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'Asia/Shanghai',
  expiry: { after: 'P12M', alignTo: 'endOfMonth' },
};

const types = (scenario: Scenario) => scenario.events.map((event) => event.type.split('.')[1]);

describe('a purchase', () => {
  it('opens one lot that is pending, active and expired by its own dates, exactly', () => {
    const ledger = new Scenario().on('2026-01-25');
    ledger.tell(between('p1', '2026-01-25', 77, '2026-02-08', '2027-02-01'));
    expect(types(ledger)).toEqual(['earned']);
    expect(ledger.balance('2026-01-24')).toEqual({});
    expect(ledger.balance('2026-02-07T23:59:59.999Z')).toEqual({ issued: 77, pending: 77 });
    expect(ledger.balance('2026-02-08')).toEqual({ issued: 77, active: 77 });
    expect(ledger.balance('2027-01-31T23:59:59.999Z')).toEqual({ issued: 77, active: 77 });
    expect(ledger.balance('2027-02-01')).toEqual({ issued: 77, expired: 77 });
  });

  it('already past its expiry is issued and expired at once, each at its own moment', () => {
    const ledger = new Scenario().on('2027-06-01');
    ledger.tell(between('p1', '2026-01-25', 77, '2026-02-08', '2027-02-01'));
    expect(types(ledger)).toEqual(['earned', 'expired']);
    expect(ledger.events.map((event) => event.data.at.slice(0, 10))).toEqual(['2026-01-25', '2027-02-01']);
    expect(ledger.balance('2026-03-01')).toEqual({ issued: 77, active: 77 });
    expect(ledger.balance()).toEqual({ issued: 77, expired: 77 });
  });

  it('rated again moves its own lot, never opens another', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(rating('p1', '2026-01-01', 120, { version: 'v2' }, false));
    expect(types(ledger)).toEqual(['earned', 'corrected']);
    expect(ledger.events[1]?.data).toMatchObject({ points: 20, version: 'v2' });
    expect(ledger.lots()).toEqual({ 'shop/p1': { issued: 120, active: 120 } });
  });

  it('rated the same again writes nothing', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(rating('p1', '2026-01-01', 100, {}, false));
    expect(types(ledger)).toEqual(['earned']);
  });

  it('whose terms change keeps its points and says so', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(rating('p1', '2026-01-01', 100, { expiresAt: '2026-01-15T00:00:00.000Z' }, false));
    expect(types(ledger)).toEqual(['earned', 'corrected', 'expired']);
    expect(ledger.balance()).toEqual({ issued: 100, expired: 100 });
  });

  it('worth nothing gets no lot, and one when it becomes worth something', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 0));
    expect(ledger.events).toEqual([]);
    ledger.tell(rating('p1', '2026-01-01', 5, {}, false));
    expect(types(ledger)).toEqual(['earned']);
    ledger.tell(rating('p1', '2026-01-01', 0, {}, false));
    expect(ledger.lots()).toEqual({});
  });

  it('that moves to another program leaves the wallet of the first', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(rating('p1', '2026-01-01', 30, { program: 'other' }, false));
    expect(ledger.balance()).toEqual({});
    expect(ledger.wallet('other').lots.get('shop/p1')).toMatchObject({ issued: 30 });
    expect(ledger.tell(rating('p1', '2026-01-01', 30, { program: 'other' }, false))).toMatchObject({ events: [] });
  });

  it.each([-1, 0.5, 2 ** 53])('worth %p points is no rating', (points) => {
    expect(() => new Scenario().tell(rating('p1', '2026-01-01', points, {}, false))).toThrow('cannot be worth');
  });
});

describe('a redemption', () => {
  it('burns the earliest expiry first; ties by effective time, then purchase id', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(between('late', '2026-01-01', 10, '2026-01-01', '2027-06-01'));
    ledger.tell(between('b', '2026-01-02', 10, '2026-01-02', '2027-01-01'));
    ledger.tell(between('a', '2026-01-02', 10, '2026-01-02', '2027-01-01'));
    ledger.tell(between('older', '2026-01-01', 10, '2026-01-01', '2027-01-01'));
    ledger.tell(rating('never', '2025-01-01', 10));
    const lots = [
      { lot: 'shop/older', points: 10 },
      { lot: 'shop/a', points: 10 },
      { lot: 'shop/b', points: 10 },
      { lot: 'shop/late', points: 10 },
      { lot: 'shop/never', points: 5 },
    ];
    expect(ledger.tell(redeeming(45))).toMatchObject({ answer: { points: 45, lots, spendable: 5 } });
    expect(ledger.balance()).toEqual({ issued: 50, active: 5, spent: 45 });
  });

  it('takes neither pending nor expired points', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(between('pending', '2026-01-31', 10, '2026-02-14', '2027-01-01'));
    ledger.tell(between('expired', '2025-01-01', 10, '2025-01-15', '2026-02-01'));
    expect(ledger.tell(redeeming(1))).toMatchObject({
      refusal: { code: 'insufficient_points', details: { points: 1, spendable: 0 } },
    });
  });

  it('leaves aside what expires before it could ever be spent', () => {
    const ledger = new Scenario().on('2026-01-10');
    ledger.tell(between('never', '2026-01-01', 20, '2026-03-01', '2026-02-01'));
    ledger.tell(rating('p', '2026-01-01', 30));
    expect(ledger.on('2026-02-05').tell(redeeming(10))).toMatchObject({ answer: { spendable: 20 } });
  });

  it('writes the expiries that are due before itself', () => {
    const ledger = new Scenario().on('2026-01-10');
    ledger.tell(between('p1', '2026-01-01', 10, '2026-01-01', '2026-02-01'));
    ledger.tell(rating('p2', '2026-01-01', 10));
    ledger.on('2026-03-01').tell(redeeming(10));
    expect(types(ledger)).toEqual(['earned', 'earned', 'expired', 'redeemed']);
    expect(ledger.balance()).toEqual({ issued: 20, expired: 10, spent: 10 });
  });

  it('finds points gone in the very instant of their expiry', () => {
    const ledger = new Scenario().on('2026-01-10');
    ledger.tell(between('p1', '2026-01-01', 10, '2026-01-01', '2026-02-01'));
    expect(ledger.on('2026-02-01').tell({ kind: 'settle' })).toMatchObject({ events: [{ type: 'points.expired.v1' }] });
    expect(ledger.tell(redeeming(10))).toMatchObject({ refusal: { code: 'insufficient_points' } });
  });

  it.each([0, -5, 1.5, 2 ** 53, Number.NaN])('of %p points is refused', (points) => {
    expect(new Scenario().tell(redeeming(points))).toMatchObject({ refusal: { code: 'invalid_points' } });
  });

  it("below the program's minimum is refused, whatever the balance", () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push({
      program: 'club',
      version: 'v1',
      effectiveFrom: '2026-01-01T00:00:00.000Z',
      timeZone: 'UTC',
      minimumRedemption: 100,
    });
    ledger.tell(rating('p1', '2026-01-01', 500));
    expect(ledger.tell(redeeming(99))).toMatchObject({ refusal: { code: 'below_minimum', details: { minimum: 100 } } });
    expect(ledger.tell(redeeming(100))).toMatchObject({ answer: { spendable: 400 } });
  });

  it('must name the program where the member has several wallets', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 50));
    ledger.tell(rating('p2', '2026-01-01', 50, { program: 'other' }));
    expect(ledger.tell(redeeming(10))).toMatchObject({
      refusal: {
        code: 'program_required',
        message: 'The member has wallets in several programs: name one of club, other.',
      },
    });
    expect(ledger.tell({ kind: 'redeem', id: 'r', points: 10, program: 'other' })).toMatchObject({
      answer: { spendable: 40 },
    });
  });

  it.each([[[]], [['club']], [['club', 'other']]])(
    'takes nothing from a member without a wallet, of programs %j',
    (programs) => {
      const ledger = new Scenario().on('2026-02-01');
      for (const program of programs) ledger.terms.push({ ...TERMS, program });
      expect(ledger.tell(redeeming(10))).toMatchObject({
        refusal: { code: 'insufficient_points', details: { points: 10, spendable: 0 } },
      });
      expect(ledger.tell({ kind: 'adjust', id: 'a', points: -10, reason: 'x' })).toMatchObject({
        refusal: { code: 'insufficient_points', details: { points: -10, spendable: 0 } },
      });
    },
  );
});

describe('an adjustment', () => {
  const give = { kind: 'adjust', id: 'a1', points: 50, reason: 'goodwill' } as const;

  it('is active at once and expires by the program (RULES 4: 25 January with P12M and endOfMonth)', () => {
    const ledger = new Scenario().on('2026-01-25T10:00:00Z');
    ledger.terms.push(TERMS);
    ledger.tell(give);
    expect(ledger.events[0]?.data).toMatchObject({ lot: '/adjustment/a1', expiresAt: '2027-01-31T16:00:00.000Z' });
    expect(ledger.balance()).toEqual({ issued: 50, active: 50 });
  });

  it('takes the expiry it is given', () => {
    const ledger = new Scenario().on('2026-01-25');
    ledger.terms.push(TERMS);
    ledger.tell({ ...give, expiresAt: Date.UTC(2026, 5, 1) });
    expect(ledger.events[0]?.data).toMatchObject({ expiresAt: '2026-06-01T00:00:00.000Z' });
    expect(ledger.tell({ ...give, id: 'a2', expiresAt: 0 })).toMatchObject({
      refusal: { code: 'expires_in_the_past' },
    });
  });

  it('below 0 withdraws active points, or is refused', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push(TERMS);
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell({ ...give, points: -30 });
    expect(ledger.balance()).toEqual({ issued: 100, active: 70, reversed: 30 });
    expect(ledger.tell({ ...give, points: -71 })).toMatchObject({ refusal: { code: 'insufficient_points' } });
  });

  it.each([
    [{ points: 0 }, 'invalid_points'],
    [{ points: 0.5 }, 'invalid_points'],
    [{ program: 'nowhere' }, 'unknown_program'],
    [{ points: Number.MAX_SAFE_INTEGER }, 'too_many_points'],
  ])('with %j is refused: %s', (more, code) => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push(TERMS);
    ledger.tell(rating('p1', '2026-01-01', 100));
    expect(ledger.tell({ ...give, ...more })).toMatchObject({ refusal: { code } });
  });
});

describe('an adjustment of a member without a wallet', () => {
  const give = { kind: 'adjust', id: 'a1', points: 50, reason: 'goodwill' } as const;

  it('needs no name where there is one program', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push(TERMS);
    expect(ledger.tell(give)).toMatchObject({ answer: { program: 'club' } });
  });

  it('says that there is no wallet, and which programs there are', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push(TERMS, { ...TERMS, program: 'other' });
    expect(ledger.tell(give)).toMatchObject({
      refusal: {
        code: 'program_required',
        message: 'The member has no wallet yet: name the program of the points, one of club, other.',
        pointer: '/program',
      },
    });
    expect(new Scenario().tell(give)).toMatchObject({ refusal: { code: 'unknown_program' } });
  });
});

describe('an opening balance', () => {
  const open = { kind: 'open', program: 'club', points: 400, reference: 'old-1' } as const;
  const dates = { earnedAt: Date.UTC(2025, 0, 1), activeFrom: Date.UTC(2025, 0, 1), expiresAt: Date.UTC(2026, 0, 1) };

  it('is refused in a program that nobody published', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push({ ...TERMS, program: 'other' });
    expect(ledger.tell({ ...open, ...dates })).toMatchObject({
      refusal: { code: 'unknown_program', message: expect.stringContaining('no program club') as string },
    });
  });

  it('keeps its own dates', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push(TERMS);
    ledger.tell({ ...open, ...dates });
    expect(types(ledger)).toEqual(['opened', 'expired']);
    expect(ledger.balance('2025-06-01')).toEqual({ issued: 400, active: 400 });
  });

  it('is opened in any of several programs, and refused ones may come again', () => {
    const ledger = new Scenario().on('2025-02-01');
    const opening = { ...open, ...dates };
    expect(ledger.twice(opening)[0]).toMatchObject({ kind: 'refused', keep: false });
    ledger.terms.push({ ...TERMS, program: 'other' }, TERMS);
    expect(ledger.tell(opening)).toMatchObject({ events: [{ type: 'points.opened.v1' }] });
    expect(ledger.wallet().lots.get('/opening/old-1')).toMatchObject({ origin: 'opening' });
    ledger.tell({ kind: 'adjust', id: 'a', points: 5, reason: 'x', expiresAt: null });
    expect(ledger.wallet().lots.get('/adjustment/a')).toMatchObject({ origin: 'adjustment' });
  });

  it('is opened once by its reference', () => {
    const ledger = new Scenario().on('2025-02-01');
    ledger.terms.push(TERMS);
    ledger.tell({ ...open, ...dates });
    expect(ledger.tell({ ...open, ...dates })).toMatchObject({ events: [] });
    expect(ledger.tell({ ...open, ...dates, points: 1 })).toMatchObject({ refusal: { code: 'reference_taken' } });
  });
});
