import { decide } from './decide.ts';
import type { PurchasesDecision } from './decision.ts';
import { documentKey } from './document.ts';
import type { PurchasesEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { parseDocument } from './parse-document.ts';
import { routeDocument } from './route.ts';
import { fullState, shallowState } from './state.ts';

const NOW = Date.UTC(2026, 5, 30);
const day = (n: number): string => `2026-06-${String(n).padStart(2, '0')}T12:00:00.000Z`;

interface Line {
  item?: string;
  quantity: string;
  unitPrice?: string;
  of?: { id: string; line?: number };
}

function input(
  id: string,
  at: string,
  lines: Line[],
  more: { member?: string | undefined; owners?: [string, string][] } = {},
) {
  const member = 'member' in more ? more.member : 'm';
  const parsed = parseDocument({
    source: 's',
    id,
    ...(member !== undefined && { member }),
    at,
    currency: 'GBP',
    lines: lines.map((line) => ({ item: 'coffee', unitPrice: '2.50', ...line })),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return routeDocument(
    parsed.document,
    new Map((more.owners ?? []).map(([purchase, subject]) => [documentKey('s', purchase), subject])),
  );
}

/** A member's facts in the order they came in; what the last one decides. */
function given(...earlier: ReturnType<typeof input>[]) {
  const state = fullState();
  const take = (decision: PurchasesDecision): readonly PurchasesEvent[] => {
    if (decision.kind !== 'accepted') throw new Error(JSON.stringify(decision));
    for (const event of decision.events)
      evolve(state, { type: event.type, time: event.time, data: JSON.stringify(event.data) });
    return decision.events;
  };
  for (const each of earlier) take(decide(each, state, NOW));
  return {
    when: (next: Parameters<typeof decide>[0]) => decide(next, state, NOW),
    then: (next: Parameters<typeof decide>[0]) => take(decide(next, state, NOW)),
  };
}

/** `returned r [1: 2 of p/1, 1 unmatched]`: what events say of matching. */
function told(events: readonly PurchasesEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'purchase.returned.v1':
        return `returned ${event.data.id} ${matching(event.data.lines)}`;
      case 'purchase.amended.v1':
        return `amended ${event.data.return.id} ${matching(event.data.lines)} because of ${event.data.cause.kind} ${event.data.cause.id}`;
      case 'purchase.recorded.v1':
        return `recorded ${event.data.id}`;
      case 'purchase.voided.v1':
        return `voided ${event.data.id}`;
    }
  });
}

function matching(lines: { matches: { id: string; line: number; quantity: string }[]; unmatched: string }[]): string {
  const texts = lines.map(({ matches, unmatched }) =>
    [
      ...matches.map((match) => `${match.quantity} of ${match.id}/${match.line}`),
      ...(unmatched === '0' ? [] : [`${unmatched} unmatched`]),
    ].join(', '),
  );
  return `[${texts.join('; ')}]`;
}

describe('a return that names none', () => {
  it('is matched to the latest purchase first, within it the last line first', () => {
    const facts = given(
      input('p1', day(1), [{ quantity: '5' }]),
      input('p2', day(2), [{ quantity: '1' }, { quantity: '2' }]),
    );
    expect(told(facts.then(input('r', day(3), [{ quantity: '-4.5' }])))).toEqual([
      'returned r [2 of p2/2, 1 of p2/1, 1.5 of p1/1]',
    ]);
  });

  it('counts a purchase of the same instant as earlier, and no later one', () => {
    const facts = given(input('p1', day(3), [{ quantity: '1' }]), input('p2', day(4), [{ quantity: '1' }]));
    expect(told(facts.then(input('r', day(3), [{ quantity: '-2' }])))).toEqual(['returned r [1 of p1/1, 1 unmatched]']);
  });

  it('falls back to no other price and no other spelling', () => {
    const facts = given(
      input('p', day(1), [
        { quantity: '1', unitPrice: '2.40' },
        { item: 'Coffee', quantity: '1' },
      ]),
    );
    expect(told(facts.then(input('r', day(2), [{ quantity: '-1' }])))).toEqual(['returned r [1 unmatched]']);
    expect(told(facts.then(input('r2', day(2), [{ quantity: '-1', unitPrice: '2.4' }])))).toEqual([
      'returned r2 [1 of p/1]',
    ]);
  });

  it('of a document that buys the same never undoes its own purchase, and is handled first', () => {
    const facts = given(input('p', day(1), [{ quantity: '1' }]));
    const events = facts.then(input('x', day(2), [{ quantity: '3' }, { quantity: '-2' }]));
    expect(told(events)).toEqual(['returned x [1 of p/1, 1 unmatched]', 'recorded x']);
    expect(events.map((event) => event.type === 'purchase.returned.v1' && event.data.mixed)).toEqual([true, false]);
  });

  it('is matched again when an earlier purchase comes late', () => {
    const facts = given(input('p1', day(1), [{ quantity: '2' }]), input('r', day(5), [{ quantity: '-2' }]));
    expect(told(facts.then(input('p2', day(3), [{ quantity: '1' }])))).toEqual([
      'recorded p2',
      'amended r [1 of p2/1, 1 of p1/1] because of purchase p2',
    ]);
  });

  it('gives way to a return that happened before it', () => {
    const facts = given(input('p', day(1), [{ quantity: '1' }]), input('r2', day(5), [{ quantity: '-1' }]));
    expect(told(facts.then(input('r1', day(4), [{ quantity: '-1' }])))).toEqual([
      'returned r1 [1 of p/1]',
      'amended r2 [1 unmatched] because of return r1',
    ]);
  });

  it('is matched again when what it undid never happened, and frees what it took when it never happened itself', () => {
    const facts = given(
      input('p1', day(1), [{ quantity: '1' }]),
      input('p2', day(2), [{ quantity: '1' }]),
      input('r1', day(3), [{ quantity: '-1' }]),
      input('r2', day(4), [{ quantity: '-1' }]),
    );
    const voiding = (id: string) => facts.then({ kind: 'void', source: 's', id, reason: undefined });
    expect(told(voiding('p2'))).toEqual([
      'voided p2',
      'amended r1 [1 of p1/1] because of void p2',
      'amended r2 [1 unmatched] because of void p2',
    ]);
    expect(told(voiding('r1'))).toEqual(['voided r1', 'amended r2 [1 of p1/1] because of void r1']);
  });
});

describe('a return that names its purchase', () => {
  const bought = input('p', day(1), [{ quantity: '3' }, { quantity: '2', unitPrice: '9' }]);

  it('is refused when it brings back more than was bought, in one line or several', () => {
    const facts = given(bought);
    const over = facts.when(input('r', day(2), [{ quantity: '-5.001', of: { id: 'p' } }]));
    expect(over).toMatchObject({
      kind: 'refused',
      keep: true,
      refusal: {
        code: 'return_exceeds_purchase',
        pointer: '/lines/0/quantity',
        details: { bought: '5', returned: '5.001' },
      },
    });
    const lines = [3, 3].map((n) => ({ quantity: `-${n}`, of: { id: 'p' } }));
    expect(facts.when(input('r', day(2), lines))).toMatchObject({ refusal: { pointer: '/lines/1/quantity' } });
    expect(facts.when(input('r', day(2), [{ quantity: '-3', of: { id: 'p', line: 2 } }]))).toMatchObject({
      refusal: { details: { bought: '2' } },
    });
    expect(facts.when(input('r', day(2), [{ item: 'tea', quantity: '-1', of: { id: 'p' } }]))).toMatchObject({
      refusal: { details: { bought: '0' } },
    });
  });

  it('leaves unmatched what exceeds what is left', () => {
    const facts = given(bought, input('r1', day(2), [{ quantity: '-4', of: { id: 'p' } }]));
    expect(told(facts.then(input('r2', day(3), [{ quantity: '-3', of: { id: 'p' } }])))).toEqual([
      'returned r2 [1 of p/2, 2 unmatched]',
    ]);
  });

  it('takes the line of its own price first, and the named line only', () => {
    expect(told(given(bought).then(input('r', day(2), [{ quantity: '-4', of: { id: 'p' } }])))).toEqual([
      'returned r [3 of p/1, 1 of p/2]',
    ]);
    expect(told(given(bought).then(input('r', day(2), [{ quantity: '-1', of: { id: 'p', line: 2 } }])))).toEqual([
      'returned r [1 of p/2]',
    ]);
  });

  it('waits for a purchase that has not come', () => {
    const facts = given(input('r', day(2), [{ quantity: '-1', of: { id: 'p' } }]));
    expect(told(facts.then(bought))).toEqual(['recorded p', 'amended r [1 of p/1] because of purchase p']);
  });

  it('is refused, and may be sent again, when nobody is known to wait for', () => {
    expect(
      given().when(input('r', day(2), [{ quantity: '-1', of: { id: 'p' } }], { member: undefined })),
    ).toMatchObject({
      kind: 'refused',
      keep: false,
      refusal: { code: 'unknown_purchase' },
    });
  });

  it('joins the facts of whoever bought', () => {
    const back = input('r', day(2), [{ quantity: '-1', of: { id: 'p' } }], { member: undefined, owners: [['p', 'm']] });
    expect(back.subject).toBe('m');
    const events = given(bought).then(back);
    expect(told(events)).toEqual(['returned r [1 of p/1]']);
    expect(events[0]?.data).toMatchObject({ member: 'm' });
  });

  it('is refused when the purchase is another member’s, or several members’', () => {
    const other = input('r', day(2), [{ quantity: '-1', of: { id: 'p' } }], { owners: [['p', 'other']] });
    expect(given().when(other)).toMatchObject({ refusal: { code: 'purchase_of_another_member' } });
    const lines = ['p', 'q'].map((id) => ({ quantity: '-1', of: { id } }));
    const several = input('r', day(2), lines, {
      member: undefined,
      owners: [
        ['p', 'm'],
        ['q', 'n'],
      ],
    });
    expect(several.subject).toBe('doc:s/r');
    expect(given().when(several)).toMatchObject({ refusal: { code: 'purchases_of_several_members' } });
  });

  it('of nobody’s purchase by a member is recorded and matches nothing', () => {
    const back = input('r', day(2), [{ quantity: '-1', of: { id: 'p' } }], { owners: [['p', 'doc:s/p']] });
    expect(told(given().then(back))).toEqual(['returned r [1 unmatched]']);
  });
});

describe('a document', () => {
  it('of more than a day ahead is refused', () => {
    expect(given().when(input('p', '2026-07-01T00:00:00.001Z', [{ quantity: '1' }]))).toMatchObject({
      refusal: { code: 'at_in_future', pointer: '/at' },
    });
    expect(given().when(input('p', '2026-07-01T00:00:00Z', [{ quantity: '1' }]))).toMatchObject({ kind: 'accepted' });
  });

  it('says what was charged and what was given back', () => {
    const events = given().then(input('x', day(1), [{ quantity: '0.352', unitPrice: '19.90' }, { quantity: '-2' }]));
    expect(events.map((event) => 'total' in event.data && event.data.total)).toEqual(['5', '7.0048']);
  });

  it('is answered with its status, and with what of it is unmatched', () => {
    expect(given().when(input('p', day(1), [{ quantity: '1' }]))).toMatchObject({
      answer: { source: 's', id: 'p', status: 'recorded' },
    });
    expect(given().when(input('r', day(1), [{ quantity: '-1' }]))).toMatchObject({
      answer: { status: 'returned', unmatched: [{ line: 1, quantity: '1' }] },
    });
  });
});

describe('without the member’s history', () => {
  const late = input('p', day(3), [{ quantity: '1' }]);

  it('a purchase after every return is recorded at once', () => {
    for (const state of [shallowState(), shallowState(Date.parse(day(2)))])
      expect(decide(late, state, NOW)).toMatchObject({ kind: 'accepted' });
  });

  it('returns, voids, and purchases that could change a matching ask for it', () => {
    expect(decide(late, shallowState(Date.parse(day(3))), NOW)).toEqual({ kind: 'insufficient' });
    expect(decide(late, shallowState(Date.parse(day(1)), true), NOW)).toEqual({ kind: 'insufficient' });
    expect(decide(input('r', day(4), [{ quantity: '-1' }]), shallowState(), NOW)).toEqual({ kind: 'insufficient' });
    expect(decide({ kind: 'void', source: 's', id: 'p', reason: undefined }, shallowState(), NOW)).toEqual({
      kind: 'insufficient',
    });
  });
});

describe('a void', () => {
  it('of an unknown document is refused and may be sent again; of a voided one it is refused', () => {
    const facts = given(input('p', day(1), [{ quantity: '1' }]));
    const void_ = { kind: 'void' as const, source: 's', id: 'p', reason: 'mistyped' };
    expect(facts.when({ ...void_, id: 'q' })).toMatchObject({
      kind: 'refused',
      keep: false,
      refusal: { code: 'unknown_purchase' },
    });
    expect(facts.then(void_)[0]?.data).toEqual({ source: 's', id: 'p', at: day(1), reason: 'mistyped' });
    expect(facts.when(void_)).toMatchObject({ kind: 'refused', refusal: { code: 'already_voided' } });
  });
});
