import { Webhook } from 'standardwebhooks';
import { newSecret, shownSecret, signedHeaders } from './sign.ts';

const body = '{"specversion":"1.0","data":{"note":"茶 ☕"}}';

it('the reference library of Standard Webhooks accepts what is signed', () => {
  const secret = newSecret();
  const headers = signedHeaders('019e9a3c', body, [secret], Date.now());
  expect(new Webhook(shownSecret(secret)).verify(body, headers)).toEqual(JSON.parse(body));
  expect(() => new Webhook(shownSecret(secret)).verify(`${body} `, headers)).toThrow('No matching signature');
  expect(() => new Webhook(shownSecret(secret)).verify(body, { ...headers, 'webhook-id': 'other' })).toThrow();
});

it('while two secrets are valid either verifies, and no third', () => {
  const [before, after] = [newSecret(), newSecret()];
  const headers = signedHeaders('1', body, [after, before], Date.now());
  for (const secret of [before, after]) new Webhook(shownSecret(secret)).verify(body, headers);
  expect(() => new Webhook(shownSecret(newSecret())).verify(body, headers)).toThrow('No matching signature');
});

it('what is minutes old is refused by receivers, so each attempt is signed anew', () => {
  const secret = newSecret();
  const headers = signedHeaders('1', body, [secret], Date.now() - 6 * 60_000);
  expect(() => new Webhook(shownSecret(secret)).verify(body, headers)).toThrow('timestamp too old');
});

it('a secret is whsec_ and base64 of 32 bytes', () => {
  expect(shownSecret(newSecret())).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});
