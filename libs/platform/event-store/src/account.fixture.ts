import { createHash } from 'node:crypto';
import { refusal, type StoredEvent } from '@loyalty/kernel';
import type { Template } from '@loyalty/testing';
import type { Decider, ExactModel, StateKeeping, Work } from './decider.ts';
import { installEventStore } from './install.ts';
import { readSubjects } from './read.ts';
import type { EventContracts } from './writer.ts';

/** The smallest ledger that needs everything: a balance that must not fall below zero, and private notes. */
export interface Account {
  balance: number;
  /** Undefined in a shallow state. */
  entries: number | undefined;
}

export type AccountInput =
  | { readonly kind: 'deposit'; readonly amount: number; readonly at?: number }
  | { readonly kind: 'withdraw'; readonly amount: number }
  /** A withdrawal whose refusal is not kept. */
  | { readonly kind: 'attempt'; readonly amount: number }
  /** Needs the full state. */
  | { readonly kind: 'count' }
  | { readonly kind: 'note'; readonly text: string }
  /** A fault in the decider. */
  | { readonly kind: 'throw' }
  /** A fault that only PostgreSQL finds. */
  | { readonly kind: 'overflow' };

export type AccountAnswer = { readonly balance: number; readonly entries?: number; readonly limit?: number };

/** Read under the locks: the largest deposit allowed, set by an event to every shard. */
export type AccountLimit = number;

export const accounts: ExactModel = {
  name: 'accounts',
  events: ['account.moved.v1'],
  sql: `INSERT INTO {table} (subject, balance)
    SELECT subject, sum((data::json ->> 'amount')::int) FROM {events} GROUP BY subject ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET balance = accounts.balance + excluded.balance`,
};

export const accountContracts: EventContracts = {
  'account.moved.v1': { schema: { parse: (data) => data } },
  'account.noted.v1': { schema: { parse: (data) => data }, sealed: ['text'] },
  'limit.set.v1': { schema: { parse: (data) => data } },
};

const keeping: StateKeeping<Account, AccountLimit> = {
  freeze: ({ balance }) => (balance > 0 ? { balance } : undefined),
  thaw: (plain) => ({ ...(plain as { balance: number }), entries: undefined }),
};

const keptInMemory: Pick<
  Decider<Account, AccountInput, AccountAnswer, AccountLimit>,
  'weigh' | 'keeping' | 'needsFull'
> = {
  weigh: () => 64,
  keeping,
  // Not where a shallow one is in memory: that is found out by asking.
  needsFull: ({ kind }, state) => kind === 'count' && state === undefined,
};

export function accountDecider(schema: string): Decider<Account, AccountInput, AccountAnswer, AccountLimit> {
  return {
    models: [accounts],
    ...keptInMemory,
    async loadGlobal(tx) {
      const { rows } = await tx.query<{ data: string }>(
        `SELECT data FROM ${schema}.events WHERE shard = 0 AND type = 'limit.set.v1' ORDER BY position DESC LIMIT 1`,
      );
      return rows[0] ? (JSON.parse(rows[0].data) as { limit: number }).limit : 1_000_000;
    },
    async load(tx, subjects, depth) {
      const states = new Map<string, Account>(
        subjects.map(({ subject }) => [subject, { balance: 0, entries: undefined }]),
      );
      const { rows } = await tx.query<{ subject: string; balance: number }>(
        `SELECT subject, balance FROM ${schema}.accounts WHERE subject = ANY ($1)`,
        [subjects.map(({ subject }) => subject)],
      );
      for (const row of rows) (states.get(row.subject) as Account).balance = row.balance;
      if (depth === 'full') {
        const events = await readSubjects(tx, schema, 'accounts', subjects);
        for (const [subject, state] of states) state.entries = events.get(subject)?.length ?? 0;
      }
      return states;
    },
    decide(input, state, { now, global }) {
      const moved = (amount: number, at = now) => ({ type: 'account.moved.v1', time: at, data: { amount } });
      switch (input.kind) {
        case 'deposit':
          if (input.amount > global) return { kind: 'refused', refusal: refusal('too_much', `at most ${global}`) };
          return {
            kind: 'accepted',
            events: [moved(input.amount, input.at)],
            answer: { balance: state.balance + input.amount },
          };
        case 'withdraw':
        case 'attempt':
          if (input.amount > state.balance) {
            const keep = input.kind === 'withdraw';
            return { kind: 'refused', refusal: refusal('too_little', `only ${state.balance}`), keep };
          }
          return {
            kind: 'accepted',
            events: [moved(-input.amount)],
            answer: { balance: state.balance - input.amount },
          };
        case 'count':
          if (state.entries === undefined) return { kind: 'insufficient' };
          return { kind: 'accepted', events: [], answer: { balance: state.balance, entries: state.entries } };
        case 'note':
          return {
            kind: 'accepted',
            events: [{ type: 'account.noted.v1', time: now, data: { text: input.text } }],
            answer: { balance: state.balance },
          };
        case 'throw':
          throw new Error('decider at fault');
        case 'overflow':
          return { kind: 'accepted', events: [moved(2 ** 40)], answer: { balance: 0 } };
      }
    },
    evolve(state, event: StoredEvent) {
      if (event.type === 'account.moved.v1') state.balance += (JSON.parse(event.data) as { amount: number }).amount;
      if (state.entries !== undefined) state.entries++;
      return state;
    },
  };
}

/** A template with the log and the read model. */
export function accountTemplate(
  options: { readonly shards?: number; readonly partition?: number; readonly block?: number } = {},
): Template {
  const { shards = 4, partition = 4_194_304, block = 1_024 } = options;
  return {
    name: `accounts_${shards}_${partition}_${block}`,
    async prepare(pool) {
      await installEventStore(pool, { schema: 'accounts', service: 'accounts', shards, partition, block });
      await pool.query('CREATE TABLE accounts.accounts (subject text PRIMARY KEY, balance int NOT NULL)');
    },
  };
}

/** A work with a key bound to its input. */
export function keyed(subject: string, input: AccountInput, key: string): Work<AccountInput> {
  const hash = createHash('sha256')
    .update(JSON.stringify([subject, input]))
    .digest('hex');
  return { subject, input, key: { namespace: 'test', key, hash, sealed: input.kind === 'note' } };
}
