import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { listAttempts, type AttemptView } from './attempt-list.ts';
import { startReceiver, type Receiver } from './receiver.fixture.ts';
import { findWebhook, type WebhookView } from './webhook-store.ts';
import { installForTests, startFollowing, type Running } from './webhooks.fixture.ts';

type Options = NonNullable<Parameters<typeof startFollowing>[1]>;

/** A database, two receivers, a clock that stands still until told otherwise, and at most one process that delivers. */
export interface Stage {
  readonly copy: TestDatabase;
  receiver: Receiver;
  readonly other: Receiver;
  now: number;
  running: Running | undefined;
  start(options?: Options): Promise<void>;
  shown(): Promise<WebhookView | undefined>;
  /** Of the webhook `crm`, the first one first. */
  attempts(): Promise<AttemptView[]>;
  queued(): Promise<number>;
  /** When the member's next event is due at `crm`. */
  due(member: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Takes the whole of each pause, so that tests can tell it, and waits for none. */
const pacing = {
  now: () => performance.now(),
  random: () => 1,
  pause: (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, 20));
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    }),
};

export async function stage(): Promise<Stage> {
  const copy = await testDatabase({ name: 'webhooks', prepare: installForTests });
  const { pool } = copy;
  const set: Stage = {
    copy,
    receiver: await startReceiver(),
    other: await startReceiver(),
    now: Date.now(),
    running: undefined,
    start: async (options = {}) => {
      set.running = await startFollowing(copy, { now: () => set.now, pacing, timeout_ms: 300, ...options });
    },
    shown: () => findWebhook(pool, 'crm'),
    attempts: async () => (await listAttempts(pool, 'crm', { limit: 500 })).items.toReversed(),
    queued: async () => {
      const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM webhooks.queue');
      return rows[0]?.n ?? 0;
    },
    due: async (member) => {
      const { rows } = await pool.query<{ due: number }>(
        `SELECT extract(epoch FROM due)::float8 * 1000 AS due FROM webhooks.lanes WHERE webhook = 'crm' AND subject = $1`,
        [member],
      );
      return rows[0] && Math.round(rows[0].due);
    },
    close: async () => {
      await set.running?.close();
      await set.receiver.close();
      await set.other.close();
      await copy.close();
    },
  };
  return set;
}

export const earned = (subject: string, points = 1) => ({ type: 'points.earned.v1', subject, data: { points } });
