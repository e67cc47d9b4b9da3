import type { PointsSent, TermsLearned } from '@loyalty/contracts';
import { balanceAt, spendable } from '../core/balance.ts';
import type { PointsAnswer, PointsInput } from '../core/input.ts';
import { instantOf, rating, returning, Scenario } from '../core/scenario.fixture.ts';
import type { Expectation, ScenarioFile, ScenarioStep } from './scenario-file.fixture.ts';

const SOMEBODY = 'ann';
const iso = (at: string): string => new Date(instantOf(at)).toISOString();
const until = (expires: string | undefined): string | null =>
  expires === undefined || expires === 'never' ? null : iso(expires);

interface Told {
  readonly answer?: PointsAnswer | null;
  readonly refused?: string;
}

/** Plays a scenario's steps in ledgers in memory, one a member. */
export class Play {
  readonly #ledgers = new Map<string, Scenario>();
  readonly #terms: readonly TermsLearned[];
  readonly #purchases = new Map<string, Extract<ScenarioStep, { kind: 'purchase' }>>();
  readonly #onTheWay = new Map<string, { readonly from: string; readonly sent: PointsSent }>();
  #now = 0;
  #last: Told = {};

  constructor({ program = {} }: Pick<ScenarioFile, 'program'>) {
    const { expiry, timeZone = 'UTC', ...rest } = program;
    const told = expiry === undefined ? {} : { expiry: expiry === 'never' ? null : expiry };
    const version = { program: 'club', version: 'v1', effectiveFrom: '2000-01-01T00:00:00.000Z', timeZone };
    this.#terms = [{ ...version, ...told, ...rest } as TermsLearned];
  }

  tell(step: ScenarioStep): Told {
    if (step.on !== undefined) this.#now = Math.max(this.#now, instantOf(step.on));
    const { member = SOMEBODY } = step;
    if (step.kind === 'arrives') return (this.#last = this.#arrive(step.arrives));
    const input = this.#inputOf(step, member);
    const ledger = this.#ledger(member);
    const told = input === null ? { answer: null } : ledger.tell(input);
    this.#last = 'refusal' in told ? { refused: told.refusal.code } : { answer: told.answer };
    if (step.kind === 'transfer' && this.#last.refused === undefined) {
      const sent = ledger.events.at(-1)?.data as PointsSent;
      this.#onTheWay.set(step.transfer, { from: member, sent });
      if (step.arrives === undefined) this.#arrive(step.transfer);
    }
    return this.#last;
  }

  #arrive(transfer: string): Told {
    const parcel = this.#onTheWay.get(transfer);
    if (!parcel) throw new Error(`nothing called ${transfer} is on its way`);
    const told = this.#ledger(parcel.sent.to).tell({ kind: 'receive', ...parcel });
    return 'refusal' in told ? { refused: told.refusal.code } : {};
  }

  #ledger(member: string): Scenario {
    let ledger = this.#ledgers.get(member);
    if (!ledger) {
      this.#ledgers.set(member, (ledger = new Scenario()));
      ledger.terms.push(...this.#terms);
    }
    return ledger.on(this.#now);
  }

  #inputOf(step: Exclude<ScenarioStep, { kind: 'arrives' }>, member: string): PointsInput | null {
    const program = 'club';
    switch (step.kind) {
      case 'nothing':
        return null;
      case 'sweep':
        return { kind: 'settle' };
      case 'purchase':
        this.#purchases.set(step.purchase, { ...this.#purchases.get(step.purchase), ...step });
        return this.#rated(step.purchase, step.points, 'v1');
      case 'voids':
        return this.#rated(step.voids, 0, null);
      case 'return':
        return returning(step.return, step.happened ?? iso(this.#today()), step.takes);
      case 'open': {
        const { open: reference, points, happened, active, expires } = step;
        const earnedAt = happened === undefined ? this.#now : instantOf(happened);
        const activeFrom = active === undefined ? earnedAt : instantOf(active);
        const end = until(expires);
        return {
          kind: 'open',
          program,
          points,
          reference,
          earnedAt,
          activeFrom,
          expiresAt: end === null ? null : instantOf(end),
        };
      }
      case 'redeem':
        return { kind: 'redeem', id: step.redeem, points: step.points, program };
      case 'reserve':
        return { kind: 'reserve', id: step.reserve, points: step.points, program, ...(step.for && { ttl: step.for }) };
      case 'capture':
        return { kind: 'capture', reservation: step.capture, ...points(step) };
      case 'void':
        return { kind: 'void', reservation: step.void };
      case 'undo':
        return { kind: 'undo', id: step.as ?? `undo-${step.undo}`, redemption: step.undo, ...points(step) };
      case 'transfer':
        return { kind: 'send', id: step.transfer, points: step.points, from: member, to: step.to, program };
      case 'give': {
        const end = step.expires === undefined ? {} : { expiresAt: ended(step.expires) };
        return { kind: 'adjust', id: step.give, points: step.points, program, reason: 'goodwill', ...end };
      }
      case 'withdraw':
        return { kind: 'adjust', id: step.withdraw, points: -step.points, program, reason: 'correction' };
    }
  }

  /** What a purchase was told to be before stays, where it is rated again. */
  #rated(id: string, worth: number, version: string | null): PointsInput {
    const known = this.#purchases.get(id);
    if (!known) throw new Error(`there is no purchase ${id} to void`);
    const { happened = iso(this.#today()), active = happened, expires, shortfall, inactivity } = known;
    this.#purchases.set(id, { ...known, happened });
    const terms = {
      activeFrom: iso(active),
      expiresAt: until(expires),
      version,
      ...(shortfall && { shortfall }),
      ...(inactivity !== undefined && { inactivity: { after: inactivity, timeZone: 'UTC' } }),
    };
    return rating(id, happened, worth, terms, false);
  }

  #today(): string {
    return new Date(this.#now).toISOString();
  }

  /** What is found where something is expected, in the words of the expectation. */
  found(wanted: Expectation): Record<string, unknown> {
    const ledger = this.#ledger(wanted.member ?? SOMEBODY);
    const at = wanted.at ?? this.#now;
    const { answer, refused } = this.#last;
    const lots = Object.entries(ledger.lots(at)).map(([lot, standing]) => [plain(lot), standing]);
    const can = (): number => spendable(balanceAt(ledger.wallet(), instantOf(at)));
    const told = (refused !== undefined && { refused }) || {};
    return {
      ...(wanted.refused !== undefined && { refused: refused ?? 'nothing' }),
      ...(wanted.answer && { answer: answer ? saidOf(answer, wanted.answer) : told }),
      ...(wanted.member !== undefined && { member: wanted.member }),
      ...(wanted.at !== undefined && { at: wanted.at }),
      ...(wanted.wallet && { wallet: ledger.balance(at) }),
      ...(wanted.lots && { lots: Object.fromEntries(lots) as unknown }),
      ...(wanted.spendable !== undefined && { spendable: can() }),
    };
  }
}

const plain = (lot: string): string => lot.replace(/^shop\//, '');
const points = (step: { points?: number | undefined }) => (step.points === undefined ? {} : { points: step.points });
const ended = (expires: string): number | null => (expires === 'never' ? null : instantOf(expires));

function saidOf(answer: PointsAnswer, wanted: NonNullable<Expectation['answer']>): Record<string, unknown> {
  const lots = Object.fromEntries(answer.lots.map(({ lot, points: taken }) => [plain(lot), taken]));
  const said = Object.entries({ ...answer, lots }).filter(([field]) => field in wanted);
  // A date may be written in any way that means it.
  const told = said.map(([field, value]) => [
    field,
    field === 'until' && instantOf(value as string) === instantOf(wanted.until as string) ? wanted.until : value,
  ]);
  return Object.fromEntries(told) as Record<string, unknown>;
}
