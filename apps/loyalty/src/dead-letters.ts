import { readFile } from 'node:fs/promises';
import type { Database } from '@loyalty/database';
import {
  deadLetterDetail,
  discardDeadLetter,
  findDeadLetter,
  LETTER_STATES,
  listDeadLetters,
  purchases,
  resubmitDeadLetter,
  type LetterState,
  type PurchasesAnswer,
  type PurchasesInput,
} from '@loyalty/purchases';
import { installService, problemOf, readEnvironment } from '@loyalty/service';
import { UsageError, type CommandResult, type Options } from './command.ts';
import { withDatabase, withLedger } from './open-ledger.ts';
import { table } from './table.ts';

/** More are told by their number: the API gives them in pages. */
const SHOWN = 500;

export function listLetters({ state, code }: Options): Promise<CommandResult> {
  const wanted = LETTER_STATES.find((each) => each === state);
  if (wanted === undefined) throw new UsageError(`--state ${state}: it takes ${LETTER_STATES.join(', ')}`);
  const filter = { state: wanted, ...(typeof code === 'string' && { code }) };
  return withPurchases(async ({ pool }) => {
    const { items, next } = await listDeadLetters(pool, { ...filter, limit: SHOWN });
    const rows = items.map(({ id, topic, partition, offset, key = '', ...why }) => {
      return [id, `${topic}/${partition}/${offset}`, key, why.code, why.message];
    });
    const text = items.length === 0 ? noneIn(wanted) : table(['id', 'record', 'key', 'reason', 'in words'], rows);
    const more = next === null ? '' : `\nThese are the oldest ${SHOWN}.`;
    return { json: { deadLetters: items, more: next !== null }, text: text + more };
  });
}

export function showLetter(id: string): Promise<CommandResult> {
  return withPurchases(async ({ pool }) => {
    const found = await findDeadLetter(pool, id);
    if (found === undefined) return { ok: false, json: { found: false, id }, text: `There is no dead letter ${id}.` };
    const letter = deadLetterDetail(found);
    return { json: letter, text: JSON.stringify(letter, null, 2) };
  });
}

export interface LetterResubmission {
  readonly id: string;
  readonly file: Options[string];
  readonly by: string;
}

export async function resubmitLetter({ id, file, by }: LetterResubmission): Promise<CommandResult> {
  const document = typeof file === 'string' ? await documentOfFile(file) : undefined;
  return withLedger(({ runtime }) =>
    told(async () => {
      const writer = runtime.writer<PurchasesInput, PurchasesAnswer, null>(purchases.service);
      const { body } = await resubmitDeadLetter({ pool: runtime.database.pool, writer }, { id, document, by });
      const unmatched = body.unmatched === undefined ? '' : ' (in part: what it undoes is not known)';
      return { json: body, text: `${body.source} ${body.id}: ${body.status}${unmatched}.` };
    }),
  );
}

export function discardLetter(options: {
  readonly id: string;
  readonly reason: string;
  readonly by: string;
}): Promise<CommandResult> {
  return withPurchases(({ pool }) =>
    told(async () => {
      const { letter } = await discardDeadLetter(pool, options);
      return { json: letter, text: 'Discarded, and kept with the reason. What was sent is forgotten.' };
    }),
  );
}

function withPurchases(work: (database: Database) => Promise<CommandResult>): Promise<CommandResult> {
  return withDatabase(async (database) => {
    await installService(database.pool, purchases, readEnvironment().LOG_SHARDS);
    return work(database);
  });
}

/** What the API would answer as a problem is a result here: exit code 1, with the reason. */
async function told(work: () => Promise<CommandResult>): Promise<CommandResult> {
  try {
    return await work();
  } catch (error) {
    const { problem } = problemOf(error);
    if (problem.status >= 500) throw error;
    return { ok: false, json: problem, text: `${problem.code}: ${problem.detail}` };
  }
}

async function documentOfFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--document ${file}: ${(error as Error).message}`);
  }
}

function noneIn(state: LetterState): string {
  return state === 'waiting' ? 'No dead letter waits.' : `No dead letter was ${state}.`;
}
