import { isLost, PATIENCE, receiverPause, verdict, type Sent } from './verdict.ts';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 5, 6);
/** Without chance. */
const backOff = (attempt: number, first: number, most: number): number => Math.min(most, first * 2 ** (attempt - 1));
const sent = (status: number | null, retryAfter_ms: number | null = null): Sent => {
  return { status, reason: 'no', retryAfter_ms, duration_ms: 1 };
};
const judged = (status: number | null, tried = 0, since: number | null = null, retryAfter: number | null = null) =>
  verdict(sent(status, retryAfter), { tried, since }, now, PATIENCE, backOff);

it.each([200, 201, 204, 299])('%d is delivered', (status) => {
  expect(judged(status).outcome).toBe('delivered');
});

it.each([null, 100, 301, 302, 307, 308, 400, 401, 404, 422, 429, 500, 503])('%p is tried again', (status) => {
  expect(judged(status)).toEqual({ outcome: 'failed', due: now + 5_000 });
});

it('410 ends the webhook', () => {
  expect(judged(410).outcome).toBe('gone');
});

it('pauses double from 5 seconds to 4 hours, and after 3 days the event is given up', () => {
  const pauses: number[] = [];
  let at = 0;
  for (let tried = 0; ; tried++) {
    const { outcome, due } = verdict(sent(500), { tried, since: tried === 0 ? null : 0 }, at, PATIENCE, backOff);
    if (outcome === 'given_up') break;
    pauses.push(due - at);
    at = due;
  }
  expect(pauses.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect(Math.max(...pauses)).toBe(4 * HOUR);
  expect(at).toBeGreaterThanOrEqual(72 * HOUR);
  expect(at).toBeLessThan(77 * HOUR);
  expect(pauses).toHaveLength(29);
});

it('an event and a receiver are due at a whole millisecond, whatever chance says', () => {
  const chance = (): number => 5_000.741455078125;
  const history = { tried: 0, since: null };
  expect(verdict(sent(500), history, now, PATIENCE, chance).due).toBe(now + 5_001);
  expect(receiverPause(sent(500), 3, now, PATIENCE, chance)).toBe(now + 5_001);
});

it('a receiver that asks for time gets it, a day at most', () => {
  expect(judged(429, 0, null, 60_000).due).toBe(now + 60_000);
  expect(judged(503, 0, null, 1_000).due).toBe(now + 5_000);
  expect(judged(503, 0, null, 1e12).due).toBe(now + 24 * HOUR);
});

it('one event that fails does not pause its receiver, a third failure in a row does, and so does what it asks for', () => {
  const pause = (failures: number, asked: number | null = null): number | null =>
    receiverPause(sent(500, asked), failures, now, PATIENCE, backOff);
  expect([1, 2, 3, 4].map((failures) => pause(failures))).toEqual([null, null, now + 5_000, now + 10_000]);
  expect(pause(1, 30_000)).toBe(now + 30_000);
  expect(pause(100)).toBe(now + HOUR);
});

it('a receiver is lost after a day and ten failures in a row, not after one of them', () => {
  expect(isLost(10, now - 24 * HOUR, now, PATIENCE)).toBe(true);
  expect(isLost(9, now - 48 * HOUR, now, PATIENCE)).toBe(false);
  expect(isLost(500, now - 23 * HOUR, now, PATIENCE)).toBe(false);
});
