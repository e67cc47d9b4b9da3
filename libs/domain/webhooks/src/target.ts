import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Thrown where a receiver's address is one that nothing is sent to. */
export class ForbiddenTargetError extends Error {
  override readonly name = 'ForbiddenTargetError';
}

const LOCALHOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const LONGEST = 2_000;

/** What is wrong with a receiver's URL; undefined when it will do. Where its name leads is looked at when something is sent. */
export function targetProblem(text: string, privateTargets: boolean): string | undefined {
  if (text.length > LONGEST) return `must have at most ${LONGEST} characters`;
  const url = URL.parse(text);
  if (url === null) return 'must be a whole URL, as https://example.com/hooks';
  if (url.username !== '' || url.password !== '') {
    return 'must not hold a user name or password: check the signature instead';
  }
  if (url.hash !== '') return 'must not have a fragment (#…): it is never sent';
  const local = privateTargets && url.protocol === 'http:' && LOCALHOST.test(url.hostname);
  if (url.protocol !== 'https:' && !local) {
    return privateTargets ? 'must begin with https:// (http:// is for localhost)' : 'must begin with https://';
  }
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isAllowed(literal, privateTargets)) return forbidden(literal);
  if (url.hostname === 'localhost' && !privateTargets) return forbidden('localhost');
  return undefined;
}

/**
 * Resolves names for a connection, and fails when one of the addresses is not public: the connection is made to what was looked at
 * here, so a name that changes its address in between gains nothing.
 */
export function guardedLookup(privateTargets: boolean, lookup: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const found = Array.isArray(addresses) ? addresses : [{ address: addresses, family: 4 }];
      const wrong = found.find(({ address }) => !isAllowed(address, privateTargets));
      const [first] = found;
      if (wrong !== undefined || first === undefined) {
        return callback(new ForbiddenTargetError(forbidden(wrong?.address ?? hostname)), []);
      }
      if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

/** Public unicast addresses only; with `privateTargets` also those of private networks and of this machine. Link-local: never. */
function isAllowed(address: string, privateTargets: boolean): boolean {
  const range = ipaddr.process(address).range();
  if (range === 'unicast') return true;
  return privateTargets && (range === 'private' || range === 'loopback' || range === 'uniqueLocal');
}

function forbidden(address: string): string {
  return `${address} is no public address: nothing is sent there (WEBHOOK_PRIVATE_TARGETS=true allows private networks)`;
}
