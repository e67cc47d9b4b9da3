import type { CalendarUnit, EpochMs, Period, TimeZone, YearDay } from '@loyalty/kernel';
import type { Micros } from './micros.ts';
import type { Rates } from './rates.ts';

/** One version of a loyalty program: its rules from an instant on. */
export interface ProgramVersion {
  readonly program: string;
  /** SHA-256 of the document it was read from. */
  readonly version: string;
  readonly effectiveFrom: EpochMs;
  readonly zone: TimeZone;
  readonly currency: string;
  /** Sources whose purchases belong to this program unless they name another. */
  readonly sources: readonly string[];
  readonly eligible: Eligible;
  readonly points: PointsTerms;
  readonly tiers: TierRules;
  readonly rules: readonly Rule[];
  /** `rules` prepared for arithmetic. */
  readonly rates: Rates;
}

/** What of a purchase earns and qualifies. Goods and fees always do. */
export interface Eligible {
  /** Whether the tax contained in a line counts. */
  readonly tax: boolean;
  readonly delivery: boolean;
  readonly giftCardsBought: boolean;
  readonly paidWithGiftCard: boolean;
  readonly paidWithPoints: boolean;
}

export type Shortfall = 'owe' | 'otherLots' | 'waive';

/** When points are gone: after a period, at a day of the year, or some time after the member's last activity. */
export type Expiry =
  | { readonly after: Period; readonly alignTo: CalendarUnit | null }
  | { readonly yearly: YearDay; readonly grace: Period }
  /** `text` is the period as it was written. */
  | { readonly inactivity: { readonly period: Period; readonly text: string } };

export interface PointsTerms {
  /** By language: `{ en: points, 'zh-CN': 积分 }`. */
  readonly name: Readonly<Record<string, string>>;
  readonly pending: Period;
  /** null = never. */
  readonly expiry: Expiry | null;
  readonly shortfall: Shortfall;
  /** What one point is worth in money when redeemed; a decimal. */
  readonly value: string;
}

export interface TierRules {
  readonly window: Period;
  readonly keepFor: Period;
  readonly downgrade: 'oneStep' | 'toQualified';
  readonly grace: Period;
  /** Ascending; the first is from 0. */
  readonly ladder: readonly Tier[];
}

export interface Tier {
  readonly id: string;
  readonly name: Readonly<Record<string, string>>;
  readonly from: Micros;
  readonly benefits: readonly string[];
}

export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export type Rule =
  | {
      readonly id: string;
      readonly award: 'perAmount';
      readonly points: Fraction;
      readonly per: Micros;
      readonly wholeUnits: boolean;
    }
  /** `by` times what the rule `of` gives, on top of it. */
  | {
      readonly id: string;
      readonly award: 'multiply';
      readonly of: string;
      readonly by: ReadonlyMap<string, Fraction>;
    };
