/** What is wrong with requests, and the status, code and pointers they are answered with. */

const line = { item: 'coffee', quantity: '2', unitPrice: '19.90' };
/** A sound document, with changes that may make it none. */
export const purchase = (id: string, changes: object = {}, lineChanges: object = {}) => ({
  source: 'till',
  id,
  member: 'm-1',
  at: '2026-06-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [{ ...line, ...lineChanges }],
  ...changes,
});

/** The bytes of a text with one where `?` stands that no UTF-8 has. */
export const notUtf8 = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  bytes[bytes.indexOf('?')] = 0xff;
  return bytes;
};
export const manyLines = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ item: `item-${i}`, quantity: '1', unitPrice: '1.00' }));

export const badPurchases: readonly (readonly [what: string, body: unknown, answer: unknown[]])[] = [
  ['JSON that breaks off', '{"source":', [400, 'malformed_json', '']],
  ['bytes that are no UTF-8', notUtf8(JSON.stringify(purchase('?'))), [400, 'invalid_utf8', '']],
  ['a nest of brackets', '['.repeat(50_000) + ']'.repeat(50_000), [400, 'nested_too_deep', '']],
  ['a list', [purchase('x')], [400, 'wrong_type', '']],
  ['an unknown field', purchase('x', { colour: 'red' }), [400, 'unknown_field', '/colour']],
  ['a field of the wrong kind', purchase('x', { member: 7 }), [400, 'wrong_type', '/member']],
  ['a number instead of text', purchase('x', {}, { quantity: 1 }), [400, 'number_not_text', '/lines/0/quantity']],
  ['a negative price', purchase('x', {}, { unitPrice: '-1' }), [400, 'negative_price', '/lines/0/unitPrice']],
  ['a huge price', purchase('x', {}, { unitPrice: '9'.repeat(40) }), [400, 'number_too_large', '/lines/0/unitPrice']],
  ['an unknown currency', purchase('x', { currency: 'XXY' }), [400, 'unknown_currency', '/currency']],
  ['a zero byte', purchase('x', { store: 'a\0b' }), [400, 'invalid_text', '/store']],
  [
    'half a character',
    purchase('x', {}, { quantity: '-1', of: { id: '\ud800' } }),
    [400, 'invalid_text', '/lines/0/of/id'],
  ],
  ['an e-mail address as member', purchase('x', { member: 'a@b.cn' }), [422, 'member_id_personal', '/member']],
  ['a phone number as member', purchase('x', { member: '+86 138 0013 8000' }), [422, 'member_id_personal', '/member']],
  ['a date far in the future', purchase('x', { at: '2999-01-01T00:00:00Z' }), [422, 'at_in_future', '/at']],
  ['a known id with another body', purchase('bought', { currency: 'EUR' }), [409, 'key_reused']],
  [
    'a return of more than was bought',
    purchase('back', { at: '2026-06-07T10:00:00+08:00' }, { quantity: '-3', of: { id: 'bought' } }),
    [422, 'return_exceeds_purchase', '/lines/0/quantity'],
  ],
  [
    'a return of an unknown purchase, without a member',
    purchase('lost', { member: undefined }, { quantity: '-1', of: { id: 'nothing' } }),
    [422, 'unknown_purchase', '/lines/0/of'],
  ],
  ['too many lines', purchase('x', { lines: manyLines(20_001) }), [400, 'too_long', '/lines']],
  ['a body too large', 'x'.repeat(3_200_000), [413, 'body_too_large']],
];

const command = { 'idempotency-key': 'k-1' };
const yaml = { 'content-type': 'application/yaml' };

type Request = [path: string, body?: unknown, headers?: Record<string, string>];

export const badRequests: readonly (readonly [what: string, request: Request, answer: unknown[]])[] = [
  ['an unknown route', ['/v1/nothing'], [404, 'not_found']],
  ['a body that is no JSON', ['/v1/purchases', 'a=b', { 'content-type': 'text/plain' }], [400, 'no_json_body', '']],
  ['a limit of 0', ['/v1/members/m-1/entries?limit=0'], [400, 'bad_input', '/limit']],
  ['a limit that is no number', ['/v1/cases?limit=many'], [400, 'bad_input', '/limit']],
  [
    'a cursor mended by hand',
    ['/v1/members/m-1/entries?cursor=WyJlbnRyaWVzIiwxXQ'],
    [400, 'invalid_cursor', '/cursor'],
  ],
  ['an unknown parameter', ['/v1/cases?colour=red'], [400, 'bad_input', '/colour']],
  ['a zero byte in a path', ['/v1/members/a%00b/balance'], [400, 'invalid_text', '/member']],
  ['a command without a key', ['/v1/members/m-1/redemptions', { points: 1 }], [400, 'bad_input', '/Idempotency-Key']],
  [
    'more points than there are',
    ['/v1/members/m-1/redemptions', { points: 1e9 }, command],
    [422, 'insufficient_points'],
  ],
  [
    'points that are no safe integer',
    ['/v1/members/m-1/redemptions', '{"points":9007199254740993}', command],
    [400, 'bad_input', '/points'],
  ],
  [
    'a zero byte in a reason',
    ['/v1/members/m-1/adjustments', { points: 1, reason: 'a\0' }, command],
    [400, 'invalid_text', '/reason'],
  ],
  [
    'an answer given before anybody was asked',
    ['/v1/feedback', { id: 'f', kind: 'nps', score: 1, at: '0001-01-01T00:00:00Z' }],
    [400, 'bad_input', '/at'],
  ],
  ['a program that is no YAML', ['/v1/programs', 'a: [', yaml], [400, 'program_invalid', '']],
];
