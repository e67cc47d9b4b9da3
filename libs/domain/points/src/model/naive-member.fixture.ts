/**
 * One member's points in one program as one would explain them: every lot, every move and every claim is kept in a list, and where
 * the points stand is played through from the first instant whenever somebody asks. Slow, and none of the ledger's own code.
 */
export type Policy = 'owe' | 'otherLots' | 'waive';
export type Bucket =
  'issued' | 'received' | 'pending' | 'active' | 'reserved' | 'spent' | 'expired' | 'reversed' | 'sent' | 'owed';
export type Standing = Partial<Record<Bucket, number>>;

/** Points moved out of a lot (or back, below 0) at an instant. */
interface Move {
  at: number;
  readonly bucket: 'reserved' | 'spent' | 'reversed' | 'sent';
  readonly points: number;
}

export interface NaiveLot {
  readonly id: string;
  origin: 'purchase' | 'given' | 'received' | 'unknown';
  at: number;
  from: number;
  /** Infinity = never. */
  until: number;
  policy: Policy;
  worth: number;
  readonly claims: Map<string, { readonly at: number; readonly points: number }>;
  readonly moves: Move[];
}

interface Part {
  readonly lot: string;
  readonly points: number;
}

interface Reservation {
  /** A lot's name for each point, in the order in which they burn. */
  units: string[];
  until: number;
  state: 'open' | 'captured' | 'voided';
  /** Where its points come back, at its end. */
  readonly ends: Move[];
}

/** What came of short lots. */
interface Book {
  repaid: number;
  short: number;
  owes: number;
  /** Points short because they were sent to somebody. */
  sent: number;
}

export class NaiveMember {
  readonly lots = new Map<string, NaiveLot>();
  closed = false;
  readonly reservations = new Map<string, Reservation>();
  /** Of each redemption a lot's name for each point that is not undone, in the order in which they burned. */
  readonly redemptions = new Map<string, { readonly points: number; readonly units: string[] }>();

  lot(id: string): NaiveLot {
    let lot = this.lots.get(id);
    if (!lot) {
      const always = { at: -Infinity, from: -Infinity, until: Infinity };
      lot = { id, origin: 'unknown', ...always, policy: 'owe', worth: 0, claims: new Map(), moves: [] };
      this.lots.set(id, lot);
    }
    return lot;
  }

  /** Of its own: what is done to it leaves this one as it is. */
  copy(): NaiveMember {
    const { lots, closed, reservations, redemptions } = this;
    return Object.assign(new NaiveMember(), structuredClone({ lots, closed, reservations, redemptions }));
  }

  open(lot: Omit<NaiveLot, 'claims' | 'moves'>): void {
    Object.assign(this.lot(lot.id), lot);
  }

  claim(by: string, at: number, wanted: Readonly<Record<string, number>>): void {
    const touched = [...this.lots.values()].filter(({ claims }) => claims.has(by)).map(({ id }) => id);
    for (const id of new Set([...touched, ...Object.keys(wanted)])) {
      const points = wanted[id] ?? 0;
      if (points === (this.lots.get(id)?.claims.get(by)?.points ?? 0)) continue;
      if (points === 0) this.lot(id).claims.delete(by);
      else this.lot(id).claims.set(by, { at, points });
    }
  }

  spendableAt(now: number): number {
    let points = 0;
    for (const { active = 0, owed = 0 } of this.standingAt(now).values()) points += active - owed;
    return Math.max(0, points);
  }

  /** Takes active points, those that expire first; the caller knows that they are there. */
  take(points: number, bucket: Move['bucket'], now: number): Part[] {
    const parts: Part[] = [];
    let rest = points;
    const standing = this.standingAt(now);
    for (const { id } of [...this.lots.values()].sort(burning)) {
      const taken = Math.min(rest, standing.get(id)?.active ?? 0);
      if (taken > 0) parts.push({ lot: id, points: taken });
      rest -= taken;
    }
    for (const { lot, points: taken } of parts) this.move(lot, bucket, taken, now);
    return parts;
  }

  move(lot: string, bucket: Move['bucket'], points: number, at: number): Move {
    const move = { at, bucket, points };
    this.lot(lot).moves.push(move);
    return move;
  }

  /** Where the points of each lot stand at an instant, of all that is known today. Only what is not 0. */
  standingAt(instant: number): Map<string, Standing> {
    const known = [...this.lots.values()].filter(({ at }) => at <= instant);
    const books = booksAt(known, instant);
    const standing = new Map<string, Standing>();
    for (const lot of known) {
      const told = standingOf(lot, books.get(lot.id) as Book, instant);
      const said = Object.entries(told).filter(([, points]) => points !== 0);
      if (said.length > 0) standing.set(lot.id, Object.fromEntries(said));
    }
    return standing;
  }
}

/** Earliest expiry, then the older, then the name. */
function burning(a: NaiveLot, b: NaiveLot): number {
  if (a.until !== b.until) return a.until < b.until ? -1 : 1;
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

const moved = ({ moves }: NaiveLot, instant: number, bucket?: Move['bucket']): number =>
  moves.reduce(
    (sum, move) => (move.at <= instant && (bucket ?? move.bucket) === move.bucket ? sum + move.points : sum),
    0,
  );

const claimed = ({ claims }: NaiveLot, instant: number): number =>
  [...claims.values()].reduce((sum, { at, points }) => (at <= instant ? sum + points : sum), 0);

/** Plays the member's time through: at each instant points leave first, then lots become active. */
function booksAt(lots: readonly NaiveLot[], end: number): Map<string, Book> {
  const books = new Map<string, Book>(lots.map(({ id }) => [id, { repaid: 0, short: 0, owes: 0, sent: 0 }]));
  const book = (lot: NaiveLot): Book => books.get(lot.id) as Book;
  const ordered = [...lots].sort(burning);
  const left = (lot: NaiveLot, instant: number): number =>
    lot.worth - moved(lot, instant) - claimed(lot, instant) + book(lot).short - book(lot).repaid;
  let owed = 0;
  const repay = (lot: NaiveLot, most: number, instant: number): number => {
    const points = Math.max(0, Math.min(most, left(lot, instant)));
    book(lot).repaid += points;
    owed -= points;
    return points;
  };
  const times = lots.flatMap(({ from, claims, moves }) => [
    from,
    ...[...claims.values(), ...moves].map(({ at }) => at),
  ]);
  for (const instant of [...new Set(times)].filter((at) => at <= end).sort((a, b) => a - b)) {
    for (const lot of ordered) {
      const lacks = -left(lot, instant);
      if (lacks <= 0) continue;
      const gone = Math.min(lacks, moved(lot, instant, 'sent') - book(lot).sent);
      const owes = lot.policy === 'waive' ? gone : lacks;
      book(lot).short += lacks;
      book(lot).sent += gone;
      book(lot).owes += owes;
      owed += owes;
      let others = lot.policy === 'otherLots' ? lacks - gone : 0;
      for (const other of ordered) {
        const active = other !== lot && other.from <= instant && instant < other.until;
        if (active) others -= repay(other, others, instant);
      }
    }
    for (const lot of ordered) {
      if (lot.origin === 'purchase' && lot.from === instant && lot.from < lot.until) repay(lot, owed, instant);
    }
  }
  return books;
}

function standingOf(lot: NaiveLot, { repaid, short, owes }: Book, instant: number): Record<Bucket, number> {
  const taken = moved(lot, instant);
  const back = claimed(lot, instant);
  // What is waived was not taken back; beyond that, what should not have been earned stays earned.
  const waived = short - owes;
  const forgiven = Math.min(waived, back);
  const came = lot.worth + waived - forgiven;
  const free = lot.worth - taken - back + short - repaid;
  return {
    issued: lot.origin === 'received' ? 0 : came,
    received: lot.origin === 'received' ? came : 0,
    pending: instant < lot.from && instant < lot.until ? free : 0,
    active: lot.from <= instant && instant < lot.until ? free : 0,
    expired: instant >= lot.until ? free : 0,
    reserved: moved(lot, instant, 'reserved'),
    spent: moved(lot, instant, 'spent'),
    sent: moved(lot, instant, 'sent'),
    reversed: moved(lot, instant, 'reversed') + back - forgiven,
    owed: owes - repaid,
  };
}
