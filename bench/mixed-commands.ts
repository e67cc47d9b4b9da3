import { hash } from 'node:crypto';
import type { PointsWriter } from '@loyalty/points';
import { memberName, PROGRAM } from './ledger.ts';
import { seededRandom, zipf } from './zipf.ts';

const DAY = 86_400_000;

type Input = Parameters<PointsWriter['execute']>[0]['input'];

export interface MixedOptions {
  readonly members: number;
  readonly seed: number;
  readonly callers: number;
}

/**
 * Ledger commands as shops send them, over Zipf-distributed members who have points: 60 % earn, 25 % redeem, 10 % reserve and capture
 * (two commands), 5 % return the purchase that the caller recorded last. Gives a function that lets so many callers, each
 * waiting for its answer before it asks again, go on for some seconds, and tells commands a second.
 */
export function mixedCommands({
  members,
  seed,
  callers,
}: MixedOptions): (writer: PointsWriter, seconds: number) => Promise<number> {
  const random = seededRandom(seed);
  const rank = zipf(members, 1, random);
  let number = 0;
  const run = async (writer: PointsWriter, subject: string, namespace: string, input: Input): Promise<void> => {
    const key = { namespace, key: `k-${number}`, hash: hash('sha256', `${namespace} ${number}`) };
    const outcome = await writer.execute({ subject, input, key });
    if (outcome.kind !== 'accepted') throw new Error(`${namespace} gave ${JSON.stringify(outcome)}`);
  };
  return async (writer, seconds) => {
    const started = performance.now();
    const until = started + seconds * 1000;
    let done = 0;
    const call = async (): Promise<void> => {
      let last: { readonly member: string; readonly id: string } | undefined;
      while (performance.now() < until) {
        const member = memberName(rank());
        const id = `x-${++number}`;
        const kind = random();
        if (kind < 0.6 || !last) {
          await run(writer, member, 'earn', earning(id));
          last = { member, id };
        } else if (kind < 0.85)
          await run(writer, member, 'redeem', { kind: 'redeem', id, program: PROGRAM, points: 1 });
        else if (kind < 0.95) {
          await run(writer, member, 'reserve', { kind: 'reserve', id, program: PROGRAM, points: 5, ttl: 'PT15M' });
          number++;
          await run(writer, member, 'capture', { kind: 'capture', reservation: id });
          done++;
        } else {
          await run(writer, last.member, 'return', returning(id, last.id));
          last = undefined;
        }
        done++;
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    return done / ((performance.now() - started) / 1000);
  };
}

function earning(id: string): Input {
  const at = Date.now() - DAY;
  const dates = { at: new Date(at).toISOString(), expiresAt: new Date(at + 365 * DAY).toISOString() };
  return {
    kind: 'rate',
    first: true,
    reason: 'purchase',
    rating: {
      purchase: { source: 'bench', id },
      program: PROGRAM,
      version: 'v1',
      tier: 'bronze',
      points: 40,
      cells: [{ line: 1, rule: 'base', points: 40 }],
      activeFrom: dates.at,
      shortfall: 'owe',
      ...dates,
    },
  };
}

function returning(id: string, purchase: string): Input {
  return {
    kind: 'reverse',
    rating: {
      return: { source: 'bench', id },
      at: new Date().toISOString(),
      program: PROGRAM,
      reversals: [{ purchase: { source: 'bench', id: purchase }, points: 20 }],
    },
  };
}
