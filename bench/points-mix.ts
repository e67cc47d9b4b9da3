import { hash } from 'node:crypto';
import type { Outcome, Work } from '@loyalty/event-store';
import { captureWork, redeemWork, reserveWork, type PointsWriter } from '@loyalty/points';
import type { MixedLedger } from './command-mix.ts';
import { PROGRAM } from './ledger.ts';

const YEAR_MS = 365 * 86_400_000;

type Input = Parameters<PointsWriter['execute']>[0]['input'];

/** The product's writer under the mix. Facts get a key as well: every command is looked up and answered once. */
export function pointsMix(writer: PointsWriter): MixedLedger {
  const execute = async (work: Work<Input>): Promise<boolean> => taken(await writer.execute(work));
  const fact = (subject: string, key: string, input: Input): Promise<boolean> =>
    execute({ subject, input, key: { namespace: 'bench', key, hash: hash('sha256', key) } });
  return {
    earn: (member, purchase, points) => fact(member, purchase, earning(purchase, points)),
    redeem: (member, key, points) => execute(redeemWork(member, key, { program: PROGRAM, points })),
    reserve: (member, key, points) => execute(reserveWork(member, key, { program: PROGRAM, points })),
    capture: (member, key, reservation) => execute(captureWork(member, key, { reservation })),
    giveBack: (member, key, purchase, points) => fact(member, key, returning(key, purchase, points)),
  };
}

function taken(outcome: Outcome<unknown>): boolean {
  if (outcome.kind === 'accepted') return true;
  if (outcome.kind === 'refused' && outcome.refusal.code === 'insufficient_points') return false;
  throw new Error(`the ledger answered ${JSON.stringify(outcome)}`);
}

function earning(id: string, points: number): Input {
  const at = Date.now();
  const dates = { at: new Date(at).toISOString(), expiresAt: new Date(at + YEAR_MS).toISOString() };
  return {
    kind: 'rate',
    first: true,
    reason: 'purchase',
    rating: {
      purchase: { source: 'bench', id },
      program: PROGRAM,
      version: 'v1',
      tier: 'bronze',
      points,
      cells: [{ line: 1, rule: 'base', points }],
      activeFrom: dates.at,
      shortfall: 'owe',
      ...dates,
    },
  };
}

function returning(id: string, purchase: string, points: number): Input {
  return {
    kind: 'reverse',
    rating: {
      return: { source: 'bench', id },
      at: new Date().toISOString(),
      program: PROGRAM,
      reversals: [{ purchase: { source: 'bench', id: purchase }, points }],
    },
  };
}
