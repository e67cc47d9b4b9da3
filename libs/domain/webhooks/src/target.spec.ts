import type { LookupFunction } from 'node:net';
import { ForbiddenTargetError, guardedLookup, targetProblem } from './target.ts';

it.each([
  'https://example.com/hooks?tenant=7',
  'https://93.184.216.34/hooks',
  'https://[2606:2800:220:1:248:1893:25c8:1946]:8443/',
])('%s will do', (url) => {
  expect(targetProblem(url, false)).toBeUndefined();
});

it.each([
  ['example.com/hooks', 'must be a whole URL'],
  ['http://example.com/hooks', 'must begin with https://'],
  ['ftp://example.com/', 'must begin with https://'],
  ['https://user:pass@example.com/', 'must not hold a user name or password'],
  ['https://example.com/#top', 'must not have a fragment'],
  ['https://127.0.0.1/', '127.0.0.1 is no public address'],
  ['https://2130706433/', '127.0.0.1 is no public address'],
  ['https://0x7f.1/', '127.0.0.1 is no public address'],
  ['https://localhost/', 'localhost is no public address'],
  ['https://10.1.2.3/', 'no public address'],
  ['https://192.168.0.1/', 'no public address'],
  ['https://169.254.169.254/latest/meta-data', 'no public address'],
  ['https://100.64.0.1/', 'no public address'],
  ['https://0.0.0.0/', 'no public address'],
  ['https://[::1]/', 'no public address'],
  ['https://[::ffff:10.0.0.1]/', 'no public address'],
  ['https://[fd00::1]/', 'no public address'],
  ['https://[fe80::1]/', 'no public address'],
  ['https://[64:ff9b::a00:1]/', 'no public address'],
  [`https://example.com/${'x'.repeat(2_000)}`, 'at most 2000 characters'],
])('%s will not do: %s', (url, problem) => {
  expect(targetProblem(url, false)).toContain(problem);
});

it('private networks and http to this machine can be allowed, link-local addresses and other http cannot', () => {
  for (const url of ['https://10.1.2.3/', 'http://127.0.0.1:8080/', 'http://localhost/', 'http://[::1]/'])
    expect(targetProblem(url, true)).toBeUndefined();
  expect(targetProblem('https://169.254.169.254/', true)).toContain('no public address');
  expect(targetProblem('http://10.1.2.3/', true)).toBe('must begin with https:// (http:// is for localhost)');
});

function resolving(...addresses: string[]): LookupFunction {
  return (_, __, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
}

function looked(privateTargets: boolean, ...addresses: string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const guarded = guardedLookup(privateTargets, resolving(...addresses));
    guarded('hooks.example.com', { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });
}

it('a name that leads to a private address is found out when it is resolved', async () => {
  await expect(looked(false, '10.0.0.5')).rejects.toThrow(ForbiddenTargetError);
  await expect(looked(false, '93.184.216.34', '127.0.0.1')).rejects.toThrow('127.0.0.1 is no public address');
  await expect(looked(false, '::ffff:169.254.169.254')).rejects.toThrow('no public address');
  await expect(looked(true, '169.254.169.254')).rejects.toThrow('no public address');
  await expect(looked(true, '10.0.0.5')).resolves.toEqual([{ address: '10.0.0.5', family: 4 }]);
  await expect(looked(false, '93.184.216.34')).resolves.toEqual([{ address: '93.184.216.34', family: 4 }]);
});
