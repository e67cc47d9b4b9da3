import { purchaseDocumentExample } from '@loyalty/contracts';
import { inboundDocument } from './inbound-document.ts';

const read = (value: unknown, headers: Record<string, string> = {}) =>
  inboundDocument({ value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), headers });
const event = { specversion: '1.0', id: '1', source: '/till', type: 'sale', data: purchaseDocumentExample };
const problemOf = (found: ReturnType<typeof read>) => (found.ok ? undefined : found.problem);

describe('a record of the inbound topic', () => {
  it.each([
    ['plain', purchaseDocumentExample, {}],
    ['in a CloudEvent', event, { 'content-type': 'application/cloudevents+json' }],
    ['in a CloudEvent whose headers say nothing', event, {}],
    ['in binary mode', purchaseDocumentExample, { ce_specversion: '1.0', ce_type: 'sale' }],
  ])('is the same document %s', (_, value, headers) => {
    expect(read(value, headers)).toEqual({ ...read(purchaseDocumentExample), sent: purchaseDocumentExample });
    expect(read(value, headers).ok).toBe(true);
  });

  it.each([
    [{ ...purchaseDocumentExample, member: 'kim@example.com' }, {}, 'member_id_personal', '/member'],
    ['[]', {}, 'wrong_type', ''],
    ['7', {}, 'wrong_type', ''],
    ['{"a', {}, 'malformed_json', ''],
    ['['.repeat(100) + ']'.repeat(100), {}, 'nested_too_deep', ''],
    [{ ...event, data: undefined }, {}, 'no_data', '/data'],
    [{ ...event, data: undefined, data_base64: 'e30=' }, {}, 'required', '/source'],
    [{ ...event, specversion: '0.3' }, {}, 'unknown_specversion', '/specversion'],
    [purchaseDocumentExample, { ce_specversion: '2' }, 'unknown_specversion', '/specversion'],
  ])('%j is none', (value, headers, code, pointer) => {
    expect(problemOf(read(value, headers as Record<string, string>))).toMatchObject({ code, pointer });
  });
});
