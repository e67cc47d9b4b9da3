import { readFileSync } from 'node:fs';
import type {
  LineMatch,
  PurchaseRated,
  PurchaseRating,
  RatingCorrected,
  ReturnRated,
  ReturnRating,
} from '@loyalty/contracts';
import { parseInstant, type EpochMs, type NewEvent } from '@loyalty/kernel';
import { installService } from '@loyalty/service';
import type { Pool } from 'pg';
import { tiersChecks } from './checks.ts';
import type { Basis } from './core/basis.ts';
import type { TiersInput } from './core/commands.ts';
import { decide, type TiersDecision } from './core/decide.ts';
import { evolve, lightenIfSettled, stateFromLog, type LoggedEvent } from './core/evolve.ts';
import { frozen, thawed } from './core/frozen-state.ts';
import { foldHistory } from './core/history.ts';
import { emptyState, type MemberState } from './core/member-state.ts';
import type { ProgramVersion } from './core/program.ts';
import { Programs } from './core/programs.ts';
import { purchaseRating } from './core/ratings.ts';
import type { Course } from './core/tier-course.ts';
import { readProgram } from './program/read-program.ts';
import { tiersChecksumRows } from './read-tiers.ts';
import type { TiersWriter } from './tiers-writer.ts';
import { tiers } from './tiers.ts';

export const standardText = readFileSync(new URL('../../../../programs/standard.yaml', import.meta.url), 'utf8');

/** The shipped standard program, changed by replacing text. */
export function standard(...changes: readonly [string | RegExp, string][]): ProgramVersion {
  let text = standardText;
  for (const [from, to] of changes) {
    if (text.replace(from, to) === text && from !== to) throw new Error(`nothing to replace: ${from}`);
    text = text.replace(from, to);
  }
  const read = readProgram(text);
  if (!read.ok) throw new Error(JSON.stringify(read.mistakes));
  return read.version;
}

export const programsOf = (...versions: ProgramVersion[]): Programs => new Programs(versions, 'standard');

/** `2026-01-10T10:00` on the wall clock of Shanghai. */
export const shanghai = (text: string): EpochMs =>
  parseInstant(`${text.length === 10 ? `${text}T00:00` : text}:00+08:00`) as EpochMs;

export function basis(amount: string, more: Partial<Basis> = {}): Basis {
  return { currency: 'CNY', lines: [{ line: 1, quantity: '1', amount }], ...more };
}

export function bought(
  id: string,
  at: EpochMs,
  of: string | Basis,
  source = 'till',
): Extract<TiersInput, { kind: 'purchase' }> {
  return { kind: 'purchase', source, id, at, basis: typeof of === 'string' ? basis(of) : of };
}

export function returned(
  id: string,
  at: EpochMs,
  ...matches: (string | LineMatch)[]
): Extract<TiersInput, { kind: 'return' }> {
  const whole = matches.map((match) =>
    typeof match === 'string' ? { source: 'till', id: match, line: 1, quantity: '1' } : match,
  );
  return { kind: 'return', source: 'till', id, at, named: undefined, mixed: false, matches: whole };
}

/** One member before a decider, as the writer would run it: a light state first, the facts when they are asked for. */
export class Story {
  readonly log: LoggedEvent[] = [];
  readonly events: NewEvent[] = [];
  private state: MemberState;

  constructor(public programs: Programs) {
    this.state = emptyState(programs, false);
  }

  /** The events it caused. */
  tell(...inputs: TiersInput[]): NewEvent[] {
    return inputs.flatMap((input) => this.take(input));
  }

  publish(programs: Programs): NewEvent[] {
    this.programs = programs;
    this.reload();
    return this.tell({ kind: 'rerate' });
  }

  /** Forgets everything in memory; as after a restart. */
  reload(): void {
    this.state = lightenIfSettled(stateFromLog(emptyState(this.programs, false), this.log));
  }

  /** The state goes out of memory and comes back, where it is one that can; whether it is. */
  keepAside(): boolean {
    const plain = frozen(this.state, 0);
    if (plain) this.state = thawed(structuredClone(plain), this.programs);
    return plain !== undefined;
  }

  decide(input: TiersInput): TiersDecision {
    const decision = decide(input, this.state, this.programs);
    if (decision.kind !== 'insufficient') return decision;
    this.state = stateFromLog(emptyState(this.programs, true), this.log);
    return decide(input, this.state, this.programs);
  }

  course(program = 'standard'): Course {
    return this.state.courses.get(program) ?? [];
  }

  /** What stands for every document, by the log alone. */
  ratings(): { purchases: Record<string, PurchaseRating>; returns: Record<string, ReturnRating> } {
    const purchases: Record<string, PurchaseRating> = {};
    const returns: Record<string, ReturnRating> = {};
    const put = (purchase?: PurchaseRating, back?: ReturnRating): void => {
      if (purchase) purchases[`${purchase.program}:${purchase.purchase.source}/${purchase.purchase.id}`] = purchase;
      if (back) returns[`${back.program}:${back.return.source}/${back.return.id}`] = back;
    };
    for (const { type, data } of this.log) {
      const payload = JSON.parse(data);
      delete payload.course;
      if (type === 'purchase.rated.v1') put(payload as PurchaseRated);
      if (type === 'return.rated.v1') put(undefined, payload as ReturnRated);
      if (type === 'rating.corrected.v1')
        put((payload as RatingCorrected).purchase, (payload as RatingCorrected).return);
    }
    return { purchases, returns };
  }

  /** Purchases whose stored rating is not what rating them again gives. */
  recomputed(): string[] {
    const state = stateFromLog(emptyState(this.programs, true), this.log);
    const history = foldHistory(state.facts ?? [], this.programs);
    return [...history.outcomes].flatMap(([fact, outcome]) =>
      JSON.stringify(purchaseRating(fact, outcome)) === JSON.stringify(fact.standing) ? [] : [fact.id],
    );
  }

  private take(input: TiersInput): readonly NewEvent[] {
    const decision = this.decide(input);
    if (decision.kind !== 'accepted') throw new Error(JSON.stringify(decision));
    for (const event of decision.events) {
      const logged = { type: event.type, data: JSON.stringify(event.data) };
      this.log.push(logged);
      this.events.push(event);
      this.state = evolve(this.state, logged);
    }
    return decision.events;
  }
}

/** An empty tiers log with its read models. */
export async function installForTests(pool: Pool): Promise<void> {
  await installService(pool, tiers, 8);
}

/** Tells the writer facts of a member, in one go, as a reactor would. */
export async function tell(writer: TiersWriter, member: string, ...inputs: TiersInput[]): Promise<void> {
  const outcomes = await writer.executeMany(inputs.map((input) => ({ subject: member, input })));
  for (const outcome of outcomes)
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome), { cause: outcome });
}

/** The checks of `verify`, all problems in one list. */
export async function problems(pool: Pool): Promise<string[]> {
  const results = await Promise.all(tiersChecks.map((check) => check.run(pool, 0)));
  return results.flatMap((result) => result.problems);
}

export async function checksum(pool: Pool): Promise<string[]> {
  const rows: string[] = [];
  for await (const row of tiersChecksumRows(pool)) rows.push(row);
  return rows;
}
