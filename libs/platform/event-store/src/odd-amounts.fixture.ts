import type { EventCheck } from '@loyalty/database';

/** Amounts of 13 are odd. */
export const thirteens: EventCheck = {
  name: 'no amount is 13',
  module: import.meta.url,
  look: (bytes, from, to) => (bytes.toString('utf8', from, to) === '{"amount":13}' ? 'is of 13' : undefined),
};
