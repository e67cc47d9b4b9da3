import { memberName } from './ledger.ts';
import { seededRandom, zipf } from './zipf.ts';

/** Points. All in all a member gets a little more than it spends: few commands are refused, and what it holds does not pile up. */
const EARNED = 40;
const REDEEMED = 70;
const RESERVED = 80;
const RETURNED = 20;
const PAIR = 0.05;
const PICKS = { earn: 0.6, redeem: 0.25, pair: PAIR, giveBack: 0.05 };

/** A ledger as the mix sees it. Each answers whether the command was accepted; what is neither accepted nor refused throws. */
export interface MixedLedger {
  earn(member: string, purchase: string, points: number): Promise<boolean>;
  redeem(member: string, key: string, points: number): Promise<boolean>;
  reserve(member: string, key: string, points: number): Promise<boolean>;
  capture(member: string, key: string, reservation: string): Promise<boolean>;
  /** Part of a purchase comes back: what it earned is taken again. */
  giveBack(member: string, key: string, purchase: string, points: number): Promise<boolean>;
}

export interface MixOptions {
  /** Zipf 1.0 over so many. */
  readonly members: number;
  readonly callers: number;
  readonly seed: number;
  /** Of ids and keys: two mixes on one ledger must not meet. */
  readonly prefix: string;
}

export interface Answered {
  readonly commands: number;
  /** Among them. */
  readonly refused: number;
  readonly seconds: number;
}

/** When callers stop asking: after a time, or once so many commands are answered, and a few more. */
export type MixLength = { readonly seconds: number } | { readonly commands: number };

export type CommandMix = (ledger: MixedLedger, length: MixLength) => Promise<Answered>;

/** A mix that the ledger mostly refuses measures refusals. */
const MOST_REFUSED = 0.02;

/**
 * Commands as shops send them: 60 % earn, 25 % redeem, 10 % reserve and capture what was reserved, 5 % return half of the purchase that
 * the caller recorded last. So many callers, each waiting for its answer before it asks again. Called again it goes on: ids are new.
 * Rejects when 2 % or more are refused.
 */
export function commandMix({ members, callers, seed, prefix }: MixOptions): CommandMix {
  const random = seededRandom(seed);
  const rank = zipf(members, 1, random);
  const weight = Object.values(PICKS).reduce((sum, each) => sum + each, 0);
  let number = 0;
  return async (ledger, length) => {
    let commands = 0;
    let refused = 0;
    const count = (accepted: boolean): boolean => {
      commands++;
      if (!accepted) refused++;
      return accepted;
    };
    const started = performance.now();
    const until = 'seconds' in length ? started + length.seconds * 1000 : Infinity;
    const most = 'commands' in length ? length.commands : Infinity;
    const call = async (): Promise<void> => {
      let last: { readonly member: string; readonly id: string } | undefined;
      while (commands < most && performance.now() < until) {
        const member = memberName(rank());
        const id = `${prefix}-${++number}`;
        const pick = random() * weight;
        if (pick < PICKS.earn || (pick >= weight - PICKS.giveBack && !last)) {
          if (count(await ledger.earn(member, id, EARNED))) last = { member, id };
        } else if (pick < PICKS.earn + PICKS.redeem) count(await ledger.redeem(member, id, REDEEMED));
        else if (last && pick >= weight - PICKS.giveBack) {
          count(await ledger.giveBack(last.member, id, last.id, RETURNED));
          last = undefined;
        } else if (count(await ledger.reserve(member, id, RESERVED))) count(await ledger.capture(member, id, id));
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    if (refused >= commands * MOST_REFUSED)
      throw new Error(`${refused} of ${commands} commands were refused: no measurement`);
    return { commands, refused, seconds: (performance.now() - started) / 1000 };
  };
}
