import { type NaiveMember, type Policy } from './naive-member.fixture.ts';

/** What a program says, as far as it matters here. */
export interface Rules {
  /** Fewest points that may be redeemed or reserved. */
  readonly minimum: number;
  /** How long points live on (ms) that an undone redemption gives back to a lot already expired; undefined: not at all. */
  readonly revive: number | undefined;
}

/** Times are instants in ms; `until` null = never. */
export type Command =
  | {
      readonly kind: 'rate';
      readonly purchase: string;
      readonly at: number;
      readonly from: number;
      readonly until: number | null;
      readonly policy: Policy;
      readonly points: number;
    }
  | {
      readonly kind: 'return';
      readonly id: string;
      readonly at: number;
      readonly takes: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'open';
      readonly id: string;
      readonly points: number;
      readonly at: number;
      readonly from: number;
      readonly until: number | null;
    }
  | { readonly kind: 'redeem' | 'withdraw'; readonly id: string; readonly points: number }
  | { readonly kind: 'reserve'; readonly id: string; readonly points: number; readonly lasting: number }
  | { readonly kind: 'capture'; readonly reservation: string; readonly points?: number }
  | { readonly kind: 'void'; readonly reservation: string }
  | { readonly kind: 'undo'; readonly id: string; readonly redemption: string; readonly points?: number }
  | { readonly kind: 'send'; readonly id: string; readonly points: number; readonly from: string; readonly to: string }
  | { readonly kind: 'receive'; readonly parcel: Parcel }
  | { readonly kind: 'give'; readonly id: string; readonly points: number; readonly until: number | null }
  | { readonly kind: 'close' | 'reopen' | 'sweep' };

/** What is under way to another member. */
export interface Parcel {
  readonly id: string;
  readonly at: number;
  readonly parts: readonly { readonly points: number; readonly until: number }[];
}

interface Part {
  readonly lot: string;
  readonly points: number;
}

/** `done`, or why not. */
export interface Said {
  readonly said: string;
  readonly points?: number;
  readonly lots?: readonly Part[];
  readonly spendable?: number;
  readonly released?: number;
  readonly left?: number;
  readonly until?: number;
}

const DONE: Said = { said: 'done' };
const lotOf = (purchase: string): string => `shop/${purchase}`;
const instant = (until: number | null): number => until ?? Infinity;

/** Does to the member what the command says, and tells what a till is told. */
export function tell(member: NaiveMember, command: Command, now: number, rules: Rules): Said {
  switch (command.kind) {
    case 'rate': {
      const { purchase, points, at, from, until, policy } = command;
      const known = member.lots.get(lotOf(purchase))?.origin === 'purchase';
      const lot = { id: lotOf(purchase), origin: 'purchase' as const, at, from, until: instant(until), policy };
      if (known || points > 0) member.open({ ...lot, worth: points });
      return DONE;
    }
    case 'return': {
      const takes = Object.entries(command.takes).map(([purchase, points]) => [lotOf(purchase), points]);
      member.claim(command.id, command.at, Object.fromEntries(takes) as Record<string, number>);
      return DONE;
    }
    case 'open': {
      const { id, points, at, from, until } = command;
      const known = member.lots.get(`/opening/${id}`);
      if (instant(until) <= from) return { said: 'pending_after_expiry' };
      if (known) return known.worth === points ? DONE : { said: 'reference_taken' };
      given(member, { id: `/opening/${id}`, at, from, until: instant(until), points });
      return DONE;
    }
    case 'give': {
      const { id, points, until } = command;
      if (member.closed) return { said: 'account_closed' };
      if (instant(until) <= now) return { said: 'expires_in_the_past' };
      const lot = `/adjustment/${id}`;
      given(member, { id: lot, at: now, from: now, until: instant(until), points });
      return { said: 'done', points, lots: [{ lot, points }], spendable: member.spendableAt(now) };
    }
    case 'receive':
      return receive(member, command.parcel);
    case 'close':
    case 'reopen':
      if (member.closed === (command.kind === 'close'))
        return { said: member.closed ? 'already_closed' : 'not_closed' };
      member.closed = command.kind === 'close';
      return DONE;
    case 'sweep':
      return DONE;
    case 'capture':
    case 'void':
      return end(member, command, now);
    case 'undo':
      return undo(member, command, now, rules);
    default:
      return take(member, command, now, rules);
  }
}

interface Given {
  readonly id: string;
  readonly at: number;
  readonly from: number;
  readonly until: number;
  readonly points: number;
}

function given(member: NaiveMember, { points, ...lot }: Given, origin: 'given' | 'received' = 'given'): void {
  member.open({ ...lot, origin, policy: 'owe', worth: points });
}

function receive(member: NaiveMember, { id, at, parts }: Parcel): Said {
  parts.forEach(({ points, until }, i) => {
    const lot = `/transfer/${id}/${i + 1}`;
    if (!member.lots.has(lot)) given(member, { id: lot, at, from: at, until, points }, 'received');
  });
  return DONE;
}

type Taking = Extract<Command, { kind: 'redeem' | 'withdraw' | 'reserve' | 'send' }>;
const TO = { redeem: 'spent', withdraw: 'reversed', reserve: 'reserved', send: 'sent' } as const;

function take(member: NaiveMember, command: Taking, now: number, { minimum }: Rules): Said {
  const { kind, id, points } = command;
  if (kind === 'send' && command.from === command.to) return { said: 'transfer_to_self' };
  if (member.closed && kind !== 'withdraw') return { said: 'account_closed' };
  if (points < 1) return { said: 'invalid_points' };
  if ((kind === 'redeem' || kind === 'reserve') && points < minimum) return { said: 'below_minimum' };
  if (points > member.spendableAt(now)) return { said: 'insufficient_points' };
  const lots = member.take(points, TO[kind], now);
  const units = unitsOf(lots);
  const told = { said: 'done', points: kind === 'withdraw' ? -points : points, lots };
  if (kind === 'redeem') member.redemptions.set(id, { points, units });
  if (kind !== 'reserve') return { ...told, spendable: member.spendableAt(now) };
  const until = now + command.lasting;
  const ends = lots.map(({ lot, points: back }) => member.move(lot, 'reserved', -back, until));
  member.reservations.set(id, { units, until, state: 'open', ends });
  return { ...told, spendable: member.spendableAt(now), until };
}

function end(member: NaiveMember, command: Extract<Command, { kind: 'capture' | 'void' }>, now: number): Said {
  const reservation = member.reservations.get(command.reservation);
  if (!reservation) return { said: 'unknown_reservation' };
  const { state, units, until, ends } = reservation;
  if (state !== 'open') return { said: `reservation_${state}` };
  if (now >= until) return { said: 'reservation_expired' };
  const points = command.kind === 'void' ? 0 : (command.points ?? units.length);
  if (command.kind === 'capture' && points < 1) return { said: 'invalid_points' };
  if (points > units.length) return { said: 'more_than_reserved' };
  for (const end of ends) end.at = now;
  reservation.state = command.kind === 'void' ? 'voided' : 'captured';
  const spent = partsOf(units.slice(0, points));
  for (const part of spent) member.move(part.lot, 'spent', part.points, now);
  if (command.kind === 'capture') {
    member.redemptions.set(command.reservation, { points, units: units.slice(0, points) });
  }
  const released = units.length - points;
  const spendable = member.spendableAt(now);
  if (command.kind === 'capture') return { said: 'done', points, lots: spent, spendable, released };
  return { said: 'done', points: released, lots: partsOf(units), spendable, released };
}

function undo(
  member: NaiveMember,
  { id, redemption, points: asked }: Extract<Command, { kind: 'undo' }>,
  now: number,
  { revive }: Rules,
): Said {
  const units = member.redemptions.get(redemption)?.units;
  if (!units) return { said: 'unknown_redemption' };
  if (units.length === 0) return { said: 'already_undone' };
  const points = asked ?? units.length;
  if (points < 1) return { said: 'invalid_points' };
  if (points > units.length) return { said: 'more_than_redeemed' };
  const lots = partsOf(units.splice(units.length - points).reverse());
  let revived = 0;
  for (const part of lots) {
    member.move(part.lot, 'spent', -part.points, now);
    if (revive === undefined || now < member.lot(part.lot).until) continue;
    // It goes on in a lot of its own, which comes from the expired one.
    member.move(part.lot, 'sent', part.points, now);
    revived += 1;
    given(
      member,
      { id: `/undo/${id}/${revived}`, at: now, from: now, until: now + revive, points: part.points },
      'received',
    );
  }
  return { said: 'done', points, lots, spendable: member.spendableAt(now), left: units.length };
}

const unitsOf = (parts: readonly Part[]): string[] =>
  parts.flatMap(({ lot, points }) => Array.from({ length: points }, () => lot));

function partsOf(units: readonly string[]): Part[] {
  const parts: { lot: string; points: number }[] = [];
  for (const lot of units) {
    const last = parts.at(-1);
    if (last?.lot === lot) last.points += 1;
    else parts.push({ lot, points: 1 });
  }
  return parts;
}
