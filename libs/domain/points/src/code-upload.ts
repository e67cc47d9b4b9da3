import type { Readable } from 'node:stream';
import type { ListedOutcome, Work } from '@loyalty/event-store';
import { refusal } from '@loyalty/kernel';
import {
  FileFaultError,
  problemOf,
  readChunks,
  readLines,
  readNdjson,
  readTable,
  RefusalError,
  type TableColumns,
} from '@loyalty/service';
import type { Pool } from 'pg';
import type { PointsAnswer, PointsInput } from './core/input.ts';
import type { PointsWriter } from './points-writer.ts';
import { learnedTerms } from './reward-catalogue.ts';
import { addCodeWork } from './reward-work.ts';

/** Why a line brought no code. */
export interface CodeRejection {
  readonly line: number;
  readonly code: string;
  readonly reason: string;
}

/** read = accepted + duplicate + rejected. */
export interface CodeReport {
  readonly read: number;
  /** Came into the pool. */
  readonly accepted: number;
  /** Were in this pool before, or stand in the file twice. */
  readonly duplicate: number;
  readonly rejected: number;
  /** The first thousand. */
  readonly rejections: readonly CodeRejection[];
  /** What kept the file from being read to its end; what came before is in the pool. */
  readonly fault?: { readonly code: string; readonly message: string };
}

export type CodeFormat = 'csv' | 'ndjson';

interface Line {
  readonly line: number;
  readonly text?: string;
  readonly fault?: { readonly code: string; readonly message: string };
}

const COLUMNS = { required: ['code'], optional: [] } as const satisfies TableColumns;
const SHOWN = 1_000;
/** In one go: a pool's codes all go through one shard, and tills wait behind them. */
const STEP = 500;
const CODE = /^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u;
const CODE_LENGTH = 200;

/**
 * Puts single-use codes into a reward's pool, in bounded memory. Every code is kept with its own key, so a file may be sent again and no
 * code is ever in two places of a program's pools.
 * @param source path of a file, or a stream; `.gz` of either
 * @throws {RefusalError} `unknown_reward`: no version of the program has this reward with codes
 */
export async function uploadCodes(
  pool: Pool,
  writer: Pick<PointsWriter, 'executeMany'>,
  to: { readonly program: string; readonly reward: string },
  source: string | Readable,
  format: CodeFormat,
): Promise<CodeReport> {
  await assertPool(pool, to);
  const tally = new Tally();
  try {
    for await (const lines of format === 'csv' ? csvLines(source) : ndjsonLines(source)) {
      for (let at = 0; at < lines.length; at += STEP) await addCodes(writer, to, lines.slice(at, at + STEP), tally);
    }
  } catch (error) {
    if (!(error instanceof FileFaultError)) throw error;
    return tally.report({ code: error.code, message: error.message });
  }
  return tally.report();
}

async function assertPool(pool: Pool, { program, reward }: { program: string; reward: string }): Promise<void> {
  const terms = (await learnedTerms(pool)).filter((version) => version.program === program);
  if (terms.some(({ rewards = [] }) => rewards.some(({ id, codes }) => id === reward && codes))) return;
  const message = `${program} has no reward ${reward} with codes: publish a version that has it, and send the codes again.`;
  throw new RefusalError(refusal('unknown_reward', message, { pointer: '/reward' }));
}

async function* csvLines(source: string | Readable): AsyncGenerator<Line[]> {
  for await (const rows of readTable(source, COLUMNS)) {
    yield rows.map((row) => (row.fault ? row : { line: row.line, text: row.values.code }));
  }
}

async function* ndjsonLines(source: string | Readable): AsyncGenerator<Line[]> {
  for await (const values of readNdjson(readLines(readChunks(source)))) {
    yield values.map((value) => (value.fault ? value : { line: value.line, ...textOf(value.value) }));
  }
}

/** A string, or an object with a `code`. */
function textOf(value: unknown): Pick<Line, 'text' | 'fault'> {
  const code: unknown = value !== null && typeof value === 'object' ? (value as { code?: unknown }).code : value;
  if (typeof code === 'string') return { text: code };
  return { fault: { code: 'required', message: 'The line is neither a string nor an object with a "code".' } };
}

async function addCodes(
  writer: Pick<PointsWriter, 'executeMany'>,
  to: { readonly program: string; readonly reward: string },
  lines: readonly Line[],
  tally: Tally,
): Promise<void> {
  const works: Work<PointsInput>[] = [];
  const sent: number[] = [];
  for (const { line, text = '', fault } of lines) {
    if (fault) tally.reject(line, fault.code, fault.message);
    else if (text.length > CODE_LENGTH || !CODE.test(text) || !text.isWellFormed()) {
      tally.reject(line, 'invalid_code', `A code is printable and has at most ${CODE_LENGTH} characters.`);
    } else {
      works.push(addCodeWork({ ...to, code: text }));
      sent.push(line);
    }
  }
  const outcomes = await writer.executeMany(works);
  outcomes.forEach((outcome, i) => tally.count(outcome, sent[i] as number));
}

class Tally {
  #accepted = 0;
  #duplicate = 0;
  #rejected = 0;
  readonly #shown: CodeRejection[] = [];

  reject(line: number, code: string, reason: string): void {
    this.#rejected += 1;
    if (this.#shown.length < SHOWN) this.#shown.push({ line, code, reason });
  }

  /** Throws what may go by itself: whoever sends the file again finds what came in as duplicates. */
  count(outcome: ListedOutcome<PointsAnswer | null>, line: number): void {
    switch (outcome.kind) {
      case 'accepted':
        if (outcome.replayed) this.#duplicate += 1;
        else this.#accepted += 1;
        return;
      case 'conflict':
        return this.reject(line, 'code_in_another_pool', 'The code is in the pool of another reward of the program.');
      case 'refused':
        return this.reject(line, outcome.refusal.code, outcome.refusal.message);
      case 'failed':
        if (problemOf(outcome.error).problem.status === 503) throw outcome.error;
        this.reject(line, 'internal_error', outcome.error.message);
    }
  }

  report(fault?: CodeReport['fault']): CodeReport {
    const [accepted, duplicate, rejected] = [this.#accepted, this.#duplicate, this.#rejected];
    const read = accepted + duplicate + rejected;
    return { read, accepted, duplicate, rejected, rejections: this.#shown, ...(fault && { fault }) };
  }
}
