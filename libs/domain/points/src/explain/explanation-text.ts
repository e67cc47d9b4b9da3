import type { EpochMs } from '@loyalty/kernel';
import { documentName } from '../wording/lot-name.ts';
import type { LotPart, Notation, Wording } from '../wording/wording.ts';
import type { EntryFacts } from './explain-entry.ts';
import type { ToldRating } from './told-rating.ts';

/** Lots that a sentence lists. */
const LISTED = 10;
const VERSION_LENGTH = 8;

/** The explanation in whole sentences, for somebody who talks to the member. */
export function explanationText(facts: EntryFacts, words: Wording, to: Notation): string[] {
  const { entry, rating, caps, buckets } = facts;
  return [
    words.happened(entry, to),
    ...correction(facts, words),
    ...rated(facts, rating ?? null, words, to),
    ...caps.map((cap) => words.capped(cap, to)),
    ...terms(facts, words, to),
    ...lots(facts, words, to),
    ...debts(facts, words, to),
    ...(entry.program === undefined ? [] : [words.balance(balance(buckets, 'before'), balance(buckets, 'after'), to)]),
  ];
}

function correction({ cause }: EntryFacts, words: Wording): string[] {
  if (!cause.correction) return [];
  const { kind, source, id } = cause.correction;
  return [
    words.correctedBecause(kind, source === undefined || id === undefined ? undefined : documentName({ source, id })),
  ];
}

function rated({ entry, inForceSince }: EntryFacts, rating: ToldRating | null, words: Wording, to: Notation): string[] {
  const version = rating?.version ?? entry.version ?? null;
  const tier = rating?.tier ?? entry.tier ?? null;
  const { inputs } = rating ?? {};
  const eligible = inputs?.eligible === undefined ? undefined : `${inputs.eligible} ${inputs.currency}`;
  const sentences: string[] = [];
  if (version !== null) {
    const since = inForceSince === undefined ? undefined : Date.parse(inForceSince);
    const known = { ...(since !== undefined && { since }), ...(eligible !== undefined && { eligible }) };
    sentences.push(words.ratedBy({ version: version.slice(0, VERSION_LENGTH), tier, ...known }, to));
  }
  if (!rating) return sentences;
  for (const [rule, cells] of Map.groupBy(rating.fired, (cell) => cell.rule)) {
    const points = cells.reduce((sum, cell) => sum + cell.points, 0);
    sentences.push(
      words.ruleGave(
        rule,
        points,
        cells.map(({ line }) => line),
        to,
      ),
    );
  }
  for (const { rule, because } of rating.notFired) sentences.push(words.ruleGaveNothing(rule, because));
  if (rating.reason !== undefined) sentences.push(words.earnsNothing(rating.reason));
  return sentences;
}

/** Of entries that gave points. */
function terms({ entry }: EntryFacts, words: Wording, to: Notation): string[] {
  const { activeFrom, expiresAt, inactivity, points } = entry;
  if (activeFrom === undefined || expiresAt === undefined || points < 0) return [];
  if (inactivity) return [words.idling(Date.parse(activeFrom), inactivity.after, to)];
  return [words.terms(Date.parse(activeFrom), expiresAt === null ? null : Date.parse(expiresAt), to)];
}

type Allocations = readonly { readonly lot: string; readonly points: number }[];

/** Which lists of a payload say what was taken, and what went back, by the entry's type. */
const TAKEN: Readonly<Record<string, string>> = {
  redeemed: 'allocations',
  reserved: 'allocations',
  captured: 'allocations',
  adjusted: 'allocations',
  sent: 'lots',
};
const BACK: Readonly<Record<string, string>> = {
  captured: 'released',
  voided: 'released',
  released: 'released',
  undone: 'allocations',
};

function lots({ entry, data, lots: touched }: EntryFacts, words: Wording, to: Notation): string[] {
  const ends = new Map<string, EpochMs | null>();
  for (const { lot, origin, expiresAt } of touched) {
    if (origin !== null) ends.set(lot, expiresAt === null ? null : Date.parse(expiresAt));
  }
  const said = (list: string | undefined, say: Wording['took']): string[] => {
    const all = list === undefined ? undefined : (data[list] as Allocations | undefined);
    if (!all || all.length === 0) return [];
    const parts = all.slice(0, LISTED).map(({ lot, points }): LotPart => {
      const expiresAt = ends.get(lot);
      return expiresAt === undefined ? { lot, points } : { lot, points, expiresAt };
    });
    return [say(parts, all.length - parts.length, to)];
  };
  return [
    ...said(TAKEN[entry.type], (parts, more) => words.took(parts, more, to)),
    ...said(BACK[entry.type], (parts, more) => words.gaveBack(parts, more, to)),
  ];
}

function debts({ entry, data, buckets }: EntryFacts, words: Wording, to: Notation): string[] {
  const { shortfall, waived } = data as { shortfall?: number; waived?: number };
  const owed = buckets.find(({ bucket }) => bucket === 'owed')?.change ?? 0;
  const sentences: string[] = [];
  if (entry.type === 'reversed' && shortfall !== undefined && shortfall > 0) {
    sentences.push(words.shortfall(shortfall, to));
    if (shortfall > owed) sentences.push(words.waived(shortfall - Math.max(0, owed), to));
  }
  if (waived !== undefined && waived > 0) sentences.push(words.waived(waived, to));
  if (owed > 0) sentences.push(words.owes(owed, to));
  if (owed < 0) sentences.push(words.repaysOwed(-owed, to));
  return sentences;
}

function balance(buckets: EntryFacts['buckets'], when: 'before' | 'after'): number {
  let sum = 0;
  for (const change of buckets) {
    if (change.bucket === 'held') sum += change[when];
    if (change.bucket === 'owed') sum -= change[when];
  }
  return sum;
}
