import { refusal } from '@loyalty/kernel';
import type { AccountAnswer, AccountInput } from './account.fixture.ts';
import type { Work } from './decider.ts';

/** What an outcome says, without places in the log. */
export type Told =
  | { readonly kind: 'accepted'; readonly answer: AccountAnswer; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly refusal: unknown; readonly replayed: boolean }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'failed' };

/** An event store of accounts as one would explain it: one work after the other, everything in two maps. */
export class AccountModel {
  readonly balances = new Map<string, number>();
  readonly entries = new Map<string, number>();
  readonly #kept = new Map<string, { readonly hash: string; readonly told: Told }>();

  tell({ subject, input, key }: Work<AccountInput>): Told {
    const name = key && `${key.namespace} ${key.key}`;
    const kept = name === undefined ? undefined : this.#kept.get(name);
    if (kept) return kept.hash === key?.hash ? ({ ...kept.told, replayed: true } as Told) : { kind: 'conflict' };
    const told = this.#decide(subject, input);
    const answered = told.kind !== 'failed' && !(told.kind === 'refused' && input.kind === 'attempt');
    if (name !== undefined && answered) this.#kept.set(name, { hash: key?.hash ?? '', told });
    return told;
  }

  #decide(subject: string, input: AccountInput): Told {
    const balance = this.balances.get(subject) ?? 0;
    switch (input.kind) {
      case 'deposit':
        return this.#move(subject, input.amount);
      case 'withdraw':
      case 'attempt':
        if (input.amount > balance)
          return { kind: 'refused', refusal: refusal('too_little', `only ${balance}`), replayed: false };
        return this.#move(subject, -input.amount);
      case 'count':
        return { kind: 'accepted', answer: { balance, entries: this.entries.get(subject) ?? 0 }, replayed: false };
      case 'note':
        return this.#move(subject, 0);
      case 'throw':
      case 'overflow':
        return { kind: 'failed' };
    }
  }

  #move(subject: string, amount: number): Told {
    const balance = (this.balances.get(subject) ?? 0) + amount;
    this.balances.set(subject, balance);
    this.entries.set(subject, (this.entries.get(subject) ?? 0) + 1);
    return { kind: 'accepted', answer: { balance }, replayed: false };
  }
}
