import { claimKey } from './evolve.ts';
import type { PointsInput, Reverse } from './input.ts';
import { isOverdrawn, type Lot, lotOfPurchase } from './lot.ts';
import { noActivities } from './inactivity.ts';
import { SIZE } from './size.ts';
import { type FullState, type MemberState, type Wallet } from './wallet.ts';

/**
 * A full state without what has come to an end: lots that hold nothing, closed reservations, redemptions. What a popular card did in all
 * its years would not fit into memory, and would be read again for every redemption; what it still holds is little.
 */
export type ForgetfulState = FullState & {
  /** How heavy it becomes before it is gone through again: twice what is left, so that forgetting costs little a command. */
  readonly forgetAt: number;
};

/** Lighter states are left as they are: half a dozen lots. */
const LIGHT = 8_192;

/** The state without what has come to an end, or undefined where that is not worth it or all of it may matter. */
export function forget(state: MemberState, light: number = LIGHT): ForgetfulState | undefined {
  if (state.depth !== 'full' || state.weight < (isForgetful(state) ? state.forgetAt : light)) return undefined;
  const wallets = [...state.wallets.values()];
  if (!wallets.every(isPlain)) return undefined;
  const left = wallets.map(whatIsLeft);
  const weight = SIZE.full + left.reduce((sum, wallet) => sum + weightOf(wallet), 0);
  return {
    ...state,
    wallets: new Map(left.map((wallet) => [wallet.program, wallet])),
    weight,
    forgetAt: Math.max(light, 2 * weight),
  };
}

/**
 * Whether the input is decided on this state as it would be on a full one. Asked for what is no longer there, a forgetful one does
 * not know whether it ever was.
 */
export function remembers(state: MemberState, input: PointsInput): boolean {
  if (state.depth !== 'full' || !isForgetful(state)) return true;
  const wallets = [...state.wallets.values()];
  switch (input.kind) {
    case 'redeem':
    case 'reserve':
    case 'send':
    case 'settle':
    case 'tier':
    case 'close':
    case 'reopen':
      return true;
    case 'rate':
      return input.first && !input.rating.inactivity;
    case 'capture':
    case 'void':
      return wallets.some(({ reservations }) => reservations.has(input.reservation));
    case 'reverse':
      return wallets.every((wallet) => remembersLots(wallet, input));
    default:
      return false;
  }
}

const isForgetful = (state: FullState): state is ForgetfulState => 'forgetAt' in state;

/** Debts and activities make all lots matter, also those that are spent. */
function isPlain({ overdrawn, owing, activities }: Wallet): boolean {
  return overdrawn.size === 0 && owing.size === 0 && activities.lots.size === 0;
}

function whatIsLeft(wallet: Wallet): Wallet {
  const open = wallet.open.filter(holds);
  const lots = new Map(open.map((lot) => [lot.id, lot]));
  // What was taken when matters to debts alone.
  for (const { uses } of open) uses?.list.splice(0, uses.list.length - 1);
  return {
    ...wallet,
    lots,
    open,
    waiting: wallet.waiting.filter(holds),
    reservations: new Map(wallet.reserved.map((reservation) => [reservation.id, reservation])),
    redemptions: new Map(),
    activities: noActivities(),
  };
}

const holds = ({ written }: Lot): boolean => written.held !== 0 || written.reserved !== 0;

/** What returns claimed is kept whole: whether one comes for the first time must be known. */
function weightOf({ lots, reserved, returned }: Wallet): number {
  const claims = [...lots.values()].reduce((sum, { claims: own }) => sum + (own?.size ?? 0), 0);
  return (
    SIZE.wallet + lots.size * (SIZE.lot + SIZE.use) + reserved.length * SIZE.named + (returned.size + claims) * SIZE.use
  );
}

/** The lots that the return claims from, now or before, are all there and have enough: debts need to know the others. */
function remembersLots({ program, lots, returned }: Wallet, { rating }: Reverse): boolean {
  const key = claimKey(rating.return);
  const claims = new Map([...(returned.get(key) ?? [])].map((id) => [id, 0]));
  if (program === rating.program) {
    for (const { purchase, points } of rating.reversals) {
      const id = lotOfPurchase(purchase);
      claims.set(id, (claims.get(id) ?? 0) + points);
    }
  }
  return [...claims].every(([id, points]) => {
    const lot = lots.get(id);
    return (
      lot !== undefined && !isOverdrawn({ ...lot, claimed: lot.claimed + points - (lot.claims?.get(key)?.points ?? 0) })
    );
  });
}
