import { takenOut } from '../entry.ts';
import { documentName, lotName } from './lot-name.ts';
import type { LotPart, Notation, Wording } from './wording.ts';

const counted = (points: number, to: Notation): string => `${to.points(points)} ${points === 1 ? 'point' : 'points'}`;

const BECAUSE: Readonly<Record<string, string>> = {
  eligible_amount: 'nothing in the purchase counts for points',
  whole_unit: 'the purchase does not reach one whole unit',
  tier: 'it gives nothing at this tier',
};

const NOTHING: Readonly<Record<string, string>> = {
  no_version_in_force: 'no version of the program was in force at the time of the purchase',
  currency_not_covered: 'the program does not cover the currency of the purchase',
  too_many_points: 'it would be worth more points than can be counted',
  voided: 'it was voided',
  other_program: 'it counts in another program',
};

const CORRECTED: Readonly<Record<string, string>> = {
  purchase: 'Another purchase was recorded late and changed what this one is worth',
  return: 'A return was recorded late and changed what this purchase is worth',
  void: 'A document was voided and changed what this purchase is worth',
  amended: 'A return was matched anew and changed what this purchase is worth',
  program: 'A version of the program was published for the time of this purchase',
  opening: 'A tier was brought along for the time of this purchase',
};

const lots = { purchase: 'purchase', adjustment: 'adjustment', opening: 'opening', transfer: 'transfer', undo: 'undo' };
const named = (lot: string): string => lotName(lot, lots);

function parts(all: readonly LotPart[], more: number, to: Notation): string {
  const told = all.map(({ lot, points, expiresAt }) => {
    const until = expiresAt == null ? '' : ` (gone from ${to.instant(expiresAt)})`;
    return `${to.points(points)} of ${named(lot)}${until}`;
  });
  return told.join('; ') + (more > 0 ? `; and of ${more} more lots` : '');
}

const because = (reason: string | undefined): string => (reason === undefined ? '' : `: ${reason}`);

export const english: Wording = {
  language: 'en',
  title(entry) {
    const { type, cause, reservation, redemption, reference, reason, reward, lot, to, from } = entry;
    const own = reference === undefined ? '' : ` (${reference})`;
    const rewarded = reward === undefined ? '' : ` (${reward})`;
    const document = cause === undefined ? '' : ` ${documentName(cause)}`;
    const titles: Readonly<Record<string, string>> = {
      earned: `Purchase${document}`,
      corrected: `Correction of ${named(lot ?? '')}`,
      reversed: `Return${document}`,
      expired: `Expired: ${named(lot ?? '')}`,
      repaid: `Repaid what was owed: ${named(lot ?? '')}`,
      redeemed: `Redemption ${redemption}${rewarded}${own}`,
      adjusted: `Adjustment${because(reason)}${own}`,
      requested: `Adjustment asked for${because(reason)}${own}`,
      refused: `Adjustment refused${because(reason)}`,
      closed: `Account closed${because(reason)}${own}`,
      reopened: `Account reopened${because(reason)}${own}`,
      opened: `Opening balance${own}`,
      reserved: `Reservation ${reservation}${rewarded}${own}`,
      captured: `Redemption of reservation ${reservation}${rewarded}${own}`,
      voided: `Reservation ${reservation} given up`,
      released: `Reservation ${reservation} ended`,
      undone: `Redemption ${redemption} undone${own}`,
      sent: `Transfer to ${to}${own}`,
      received:
        from?.member === undefined ? `Given back by an undone redemption` : `Transfer from ${from.member}${own}`,
    };
    return titles[type] ?? type;
  },
  happened(entry, to) {
    const points = counted(Math.abs(entry.points), to);
    const at = to.instant(Date.parse(entry.at));
    const by = (gained: string, lost: string): string => (entry.points < 0 ? lost : gained);
    const sentences: Readonly<Record<string, string>> = {
      earned: `${this.title(entry)} of ${at} earned ${points}.`,
      corrected: `${this.title(entry)}: ${by(`${points} more`, `${points} less`)} than was booked before.`,
      reversed:
        entry.points === 0
          ? `${this.title(entry)} of ${at} takes back ${counted(takenOut(entry), to)} of ${named(entry.lot ?? '')} after all: they had come back to it before then.`
          : by(
              `${this.title(entry)} of ${at} took back ${points} of ${named(entry.lot ?? '')}.`,
              `${this.title(entry)} of ${at} takes back ${points} less of ${named(entry.lot ?? '')} than was booked before.`,
            ),
      expired: by(
        `${points} of ${named(entry.lot ?? '')} expired at ${at}.`,
        `${points} of ${named(entry.lot ?? '')} did not expire at ${at} after all: a purchase that arrived late had kept them.`,
      ),
      repaid: by(
        `${points} of ${named(entry.lot ?? '')} repaid what the member owed.`,
        `${points} of ${named(entry.lot ?? '')} that had repaid a debt came back: the debt was smaller after all.`,
      ),
      redeemed: `${points} were redeemed at ${at}${entry.reward === undefined ? '' : ` for ${entry.reward}`}.`,
      adjusted: by(`${points} were given at ${at}`, `${points} were taken at ${at}`) + `${because(entry.reason)}.`,
      requested: `${entry.by} asked at ${at} to ${by('give', 'take')} ${points}${because(entry.reason)}: no points move until somebody else approves.`,
      refused: `${entry.by} refused at ${at} to ${by('give', 'take')} ${points}${because(entry.reason)}.`,
      closed: `${entry.by} closed the account at ${at}${because(entry.reason)}. Its points stay; until it is reopened they cannot be spent, reserved or handed on.`,
      reopened: `${entry.by} reopened the account at ${at}${because(entry.reason)}.`,
      opened: `${points} were brought along from an earlier system.`,
      reserved: `${points} were set aside for ${entry.reward ?? 'a basket'} at ${at}${entry.until === undefined ? '' : `, until ${to.instant(Date.parse(entry.until))}`}.`,
      captured: `${points} of reservation ${entry.reservation} were spent at ${at}; what was left of it went back.`,
      voided: `Reservation ${entry.reservation} was given up at ${at}: ${points} went back.`,
      released: `Reservation ${entry.reservation} ended by itself at ${at}: ${points} went back.`,
      undone: `Redemption ${entry.redemption} was undone at ${at}: ${points} were given back.`,
      sent: `${points} were handed on to member ${entry.to} at ${at}.`,
      received:
        entry.from?.member === undefined
          ? `${points} of an undone redemption came back in a lot of their own: their old one had expired.`
          : `${points} came from member ${entry.from.member} at ${at}, with the expiry they had there.`,
    };
    return sentences[entry.type] ?? `${this.title(entry)}: ${points}.`;
  },
  ratedBy({ version, since, tier, eligible }, to) {
    const force = since === undefined ? '' : `, in force since ${to.instant(since)}`;
    const at = tier === null ? '' : `, at tier ${tier}`;
    return `Rated by version ${version} of the program${force}${at}${eligible === undefined ? '' : `; ${eligible} counted`}.`;
  },
  ruleGave(rule, points, lines, to) {
    const of = lines.length === 0 ? '' : ` for line${lines.length > 1 ? 's' : ''} ${lines.join(', ')}`;
    return `Rule ${rule} gave ${counted(points, to)}${of}.`;
  },
  ruleGaveNothing: (rule, reason) => `Rule ${rule} gave nothing: ${BECAUSE[reason] ?? reason}.`,
  earnsNothing: (reason) => `The purchase earns nothing: ${NOTHING[reason] ?? reason}.`,
  capped: ({ limit }, to) => `A purchase counts for ${counted(limit, to)} at most; one worth more earns none.`,
  correctedBecause(kind, document) {
    return `${CORRECTED[kind] ?? `The rating was corrected (${kind})`}${document === undefined ? '' : `: ${document}`}.`;
  },
  idling: (activeFrom, after, to) =>
    `They can be spent from ${to.instant(activeFrom)} on; they are gone ${after} after the last purchase or redemption.`,
  terms(activeFrom, expiresAt, to) {
    const end = expiresAt === null ? 'they never expire' : `they are gone from ${to.instant(expiresAt)} on`;
    return `They can be spent from ${to.instant(activeFrom)} on; ${end}.`;
  },
  took: (all, more, to) => `Taken from the lots that expire first: ${parts(all, more, to)}.`,
  gaveBack: (all, more, to) => `Given back to their lots: ${parts(all, more, to)}.`,
  shortfall: (points, to) => `The lot no longer had ${counted(points, to)} of that.`,
  owes: (points, to) => `The member owes ${counted(points, to)} more: points that become active repay them first.`,
  repaysOwed: (points, to) => `The member owes ${counted(points, to)} less.`,
  waived: (points, to) => `${counted(points, to)} are waived by the program: nobody owes them.`,
  balance: (before, after, to) => `The balance was ${to.points(before)} before and ${to.points(after)} after it.`,
  accountStands: (closedAt, to) =>
    closedAt === null
      ? 'The account was open at the end of the period.'
      : `The account was closed at the end of the period, since ${to.instant(closedAt)}. Its points stay, but cannot be used until it is reopened.`,
  statement: {
    title: 'Points statement',
    member: 'Member',
    program: 'Program',
    period: 'Period',
    issued: 'Issued',
    opening: 'Opening balance',
    closing: 'Closing balance',
    date: 'Date',
    booked: 'Booked',
    what: 'What',
    points: 'Points',
    balance: 'Balance',
    pending: 'Pending',
    active: 'Active',
    reserved: 'Reserved for baskets',
    owed: 'Owed',
    due: 'In effect but not yet booked',
    upcoming: 'Known to come',
    account: 'Account',
    becomesActive: 'Can be spent from',
    expires: 'Gone from',
    nothing: 'Nothing was booked in this period.',
    notes: [
      'The balance is what the member holds, pending or active, less what the member owes. Reserved points are not part of it.',
      'Entries stand in the order in which they were booked; the date is when they took effect. A statement of a past period does not change.',
    ],
  },
};
