import type { PurchaseRated, PurchaseRating, TierCourse } from '@loyalty/contracts';
import { parseInstant, type EpochMs } from '@loyalty/kernel';
import type { Basis } from './basis.ts';
import type { PurchaseFact, Verdict } from './facts.ts';
import { parseMicros, type Micros } from './micros.ts';

/** Its own fields, the string's header, and what the parsed rating takes once somebody asked for it: of three lines, measured. */
const BYTES = { head: 330, parsed: 2_100 };

/**
 * A purchase as the log says it was rated, kept as the log's text: to know a tier takes its time, amount and verdict only, and
 * these are read without parsing the rest. Parsed, a purchase of three lines takes 2,100 bytes and 11 µs, thus 1,150 and 2;
 * a late purchase loads and folds all of its member's.
 */
export class LoggedPurchase implements PurchaseFact {
  readonly part = 'purchase';
  readonly time: EpochMs;
  readonly source: string;
  readonly id: string;
  readonly named: string | undefined;
  readonly verdict: Verdict;
  readonly total: Micros;
  eligible?: NonNullable<PurchaseFact['eligible']>;
  rated?: NonNullable<PurchaseFact['rated']>;
  private readonly text: string;
  private parsed: PurchaseRating | undefined;

  constructor(text: string, head: Head) {
    this.text = text;
    this.time = head.time;
    this.source = head.source;
    this.id = head.id;
    this.named = head.named;
    this.verdict = head.verdict;
    this.total = head.total;
  }

  get standing(): PurchaseRating {
    this.parsed ??= ratingOf(this.text);
    return this.parsed;
  }

  get basis(): Basis {
    return this.standing;
  }

  get bytes(): number {
    return BYTES.head + this.text.length + (this.parsed ? BYTES.parsed : 0);
  }
}

type Head = Pick<PurchaseFact, 'time' | 'source' | 'id' | 'named'> & {
  readonly verdict: Verdict;
  readonly total: Micros;
};

function ratingOf(text: string): PurchaseRating {
  const { course: _, ...rating } = JSON.parse(text) as PurchaseRated;
  return rating;
}

/** How `purchaseRating` begins. What has an escape in these fields, or stands in another order, is parsed as a whole. */
const BEGINNING =
  /^\{"purchase":\{"source":"([^"\\]*)","id":"([^"\\]*)"\},"at":"([^"\\]*)","program":"([^"\\]*)","version":(?:"([^"\\]*)"|null),"tier":(?:"([^"\\]*)"|null),"points":/;
// In JSON text a quote within a string is escaped, so these begin fields and nothing else.
const ELIGIBLE = ',"eligible":"';
const NAMED = ',"named":';
const COURSE = ',"course":';
/** It comes last. */
const WHOLE_COURSE = /^,"course":(\[(?:,?\{"tier":(?:"[^"\\]*"|null),"from":"[^"\\]*"\})*\])\}$/;

/**
 * The text of a `purchase.rated.v1` as a fact, with the course it carries.
 * @param like a verdict to share where it is the same: few are told apart among thousands
 */
export function readLogged(
  text: string,
  like: Verdict | null,
): { fact: LoggedPurchase; course: TierCourse | undefined } {
  const [, source, id, at = '', program, version = null, tier = null] = BEGINNING.exec(text) ?? [];
  const amount = text.indexOf(ELIGIBLE) + ELIGIBLE.length;
  if (source === undefined || id === undefined || program === undefined || amount < ELIGIBLE.length)
    return parseLogged(text);
  const tail = text.lastIndexOf(COURSE);
  const steps = tail < 0 ? undefined : WHOLE_COURSE.exec(text.slice(tail))?.[1];
  if (text.includes(NAMED) || (tail >= 0 && steps === undefined)) return parseLogged(text);
  const total = parseMicros(text.slice(amount, text.indexOf('"', amount)));
  const verdict = sameVerdict(like, program, version, tier) ? like : { program, version, tier };
  const head = { time: parseInstant(at) as EpochMs, source, id, named: undefined, verdict, total };
  return {
    fact: new LoggedPurchase(text, head),
    course: steps === undefined ? undefined : (JSON.parse(steps) as TierCourse),
  };
}

function parseLogged(text: string): { fact: LoggedPurchase; course: TierCourse | undefined } {
  const { course, ...rating } = JSON.parse(text) as PurchaseRated;
  return { fact: loggedAs(text, rating, parseMicros(rating.eligible)), course };
}

/** The text of a rating that is at hand. */
export function loggedAs(text: string, rating: PurchaseRating, total: Micros): LoggedPurchase {
  const { purchase, at, named, program, version, tier } = rating;
  const verdict = { program, version, tier };
  return new LoggedPurchase(text, { time: parseInstant(at) as EpochMs, ...purchase, named, verdict, total });
}

function sameVerdict(
  known: Verdict | null,
  program: string,
  version: string | null,
  tier: string | null,
): known is Verdict {
  return known !== null && known.tier === tier && known.version === version && known.program === program;
}
