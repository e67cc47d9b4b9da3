import type { EpochMs } from '@loyalty/kernel';
import type { Entry } from '../entry.ts';
import type { AppliedCap } from '../explain/applied-caps.ts';
import { chinese } from './chinese.ts';
import { english } from './english.ts';

export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Points by lot as a sentence names them. */
export interface LotPart {
  readonly lot: string;
  readonly points: number;
  /** Null = never; left out where the lot is not known (yet). */
  readonly expiresAt?: EpochMs | null;
}

/** How numbers and instants are written: in a language and a program's time zone. */
export interface Notation {
  points(points: number): string;
  /** Date and time to the minute, on the program's clocks. */
  instant(at: EpochMs): string;
}

/** What is said about an entry, in one language. Whole sentences unless said otherwise. */
export interface Wording {
  readonly language: Language;
  /** What happened, in a few words: a line of a statement. An entry type that nobody has words for is named as it is. */
  title(entry: Entry): string;
  happened(entry: Entry, to: Notation): string;
  ratedBy(rating: RatedBy, to: Notation): string;
  ruleGave(rule: string, points: number, lines: readonly number[], to: Notation): string;
  ruleGaveNothing(rule: string, because: string): string;
  earnsNothing(reason: string): string;
  /** Which limit it was that kept points back. */
  capped(cap: AppliedCap, to: Notation): string;
  /** Why a rating was corrected: `purchase`, `return`, `void`, `amended`, `program`, `opening`; the document behind it, if one is. */
  correctedBecause(kind: string, document: string | undefined): string;
  terms(activeFrom: EpochMs, expiresAt: EpochMs | null, to: Notation): string;
  /** @param after ISO 8601 period without a purchase or redemption */
  idling(activeFrom: EpochMs, after: string, to: Notation): string;
  /** `more` lots are not listed. */
  took(parts: readonly LotPart[], more: number, to: Notation): string;
  gaveBack(parts: readonly LotPart[], more: number, to: Notation): string;
  /** What a return or correction could not take back where it was earned. */
  shortfall(points: number, to: Notation): string;
  owes(points: number, to: Notation): string;
  repaysOwed(points: number, to: Notation): string;
  waived(points: number, to: Notation): string;
  balance(before: number, after: number, to: Notation): string;
  /** How the account stands at the end of a statement's period: closed since then, or open (null). */
  accountStands(closedAt: EpochMs | null, to: Notation): string;
  readonly statement: StatementLabels;
}

export interface RatedBy {
  /** The version's name, shortened. */
  readonly version: string;
  /** Since when it is in force; left out where the ledger has not heard of it. */
  readonly since?: EpochMs;
  readonly tier: string | null;
  /** What counts, with its currency; left out where it is not known here. */
  readonly eligible?: string;
}

export interface StatementLabels {
  readonly title: string;
  readonly member: string;
  readonly program: string;
  readonly period: string;
  readonly issued: string;
  readonly opening: string;
  readonly closing: string;
  readonly date: string;
  readonly booked: string;
  readonly what: string;
  readonly points: string;
  readonly balance: string;
  readonly pending: string;
  readonly active: string;
  readonly reserved: string;
  readonly owed: string;
  readonly due: string;
  readonly upcoming: string;
  readonly account: string;
  readonly becomesActive: string;
  readonly expires: string;
  readonly nothing: string;
  /** How to read it, as small print. */
  readonly notes: readonly string[];
}

const WORDINGS: Readonly<Record<Language, Wording>> = { en: english, 'zh-CN': chinese };

export function wordingOf(language: Language): Wording {
  return WORDINGS[language];
}

/** Day before month, 24 hours: read alike by whoever reads English. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', 'zh-CN': 'zh-CN' };

const notations = new Map<string, Notation>();

/** Bounded by the languages and the time zones of published programs. */
export function notationOf(language: Language, timeZone: string): Notation {
  const name = `${language} ${timeZone}`;
  let notation = notations.get(name);
  if (!notation) {
    const number = new Intl.NumberFormat(LOCALES[language]);
    const instant = new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'medium', timeStyle: 'short', timeZone });
    notation = { points: (points) => number.format(points), instant: (at) => instant.format(at) };
    notations.set(name, notation);
  }
  return notation;
}
