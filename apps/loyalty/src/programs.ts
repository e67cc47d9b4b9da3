import { readFile } from 'node:fs/promises';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { assertHere } from '@loyalty/service';
import {
  describePrograms,
  loadPrograms,
  publishProgram,
  readProgram,
  tiers,
  TIERS_SCHEMA,
  type ProgramMistake,
  type PublishOutcome,
  type TiersWriter,
} from '@loyalty/tiers';
import { caughtUp } from './caught-up.ts';
import { UsageError, type CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';
import { table } from './table.ts';

export async function publish(file: string): Promise<CommandResult> {
  const text = await textOf(file);
  const read = readProgram(text);
  if (!read.ok) return mistaken(file, read.mistakes);
  return withLedger(async ({ runtime }) => {
    const outcome = await publishProgram(runtime.writer('tiers') as TiersWriter, text);
    if (outcome.kind === 'mistakes') return mistaken(file, outcome.mistakes);
    if (outcome.kind === 'published') await caughtUp(runtime);
    const ok = outcome.kind === 'published' || outcome.kind === 'known';
    return {
      ok,
      json: {
        ok,
        outcome: outcome.kind,
        ...('published' in outcome ? outcome.published : { code: outcome.code, message: outcome.message }),
      },
      text: told(outcome),
    };
  });
}

export async function validate(file: string): Promise<CommandResult> {
  const read = readProgram(await textOf(file));
  if (!read.ok) return mistaken(file, read.mistakes);
  const { program, version, effectiveFrom } = read.version;
  const from = formatInstant(effectiveFrom);
  return {
    json: { ok: true, program, version, effectiveFrom: from, mistakes: [] },
    text: `${file} is a version of ${program}, from ${from} on.`,
  };
}

export function list(at: EpochMs): Promise<CommandResult> {
  return withLedger(async ({ runtime, environment }) => {
    assertHere(runtime.parts, [tiers.service]);
    const fallback = environment.DEFAULT_PROGRAM;
    const programs = describePrograms(await loadPrograms(runtime.database.pool, TIERS_SCHEMA, fallback), at);
    const rows = programs.map((each) => [
      each.program,
      each.effectiveFrom,
      each.inForce ? 'in force' : '',
      each.currency,
      each.timeZone,
      each.version.slice(0, 12),
    ]);
    return {
      json: { at: formatInstant(at), programs },
      text: table(['program', 'from', '', 'currency', 'time zone', 'version'], rows),
    };
  });
}

function told(outcome: Exclude<PublishOutcome, { kind: 'mistakes' }>): string {
  switch (outcome.kind) {
    case 'published':
      return `Published: ${outcome.published.program}, from ${outcome.published.effectiveFrom} on.`;
    case 'known':
      return `Known already: ${outcome.published.program}, from ${outcome.published.effectiveFrom} on. Nothing changed.`;
    case 'conflict':
      return `${outcome.published.program} has another version from ${outcome.published.effectiveFrom} on. A published version stays: give this one another date.`;
    case 'refused':
      return `${outcome.code}: ${outcome.message}`;
  }
}

function mistaken(file: string, mistakes: readonly ProgramMistake[]): CommandResult {
  const lines = mistakes.map(({ line, path, reason }) => `${file}:${line}: ${path === '' ? '' : `${path}: `}${reason}`);
  return { ok: false, json: { ok: false, mistakes }, text: lines.join('\n') };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
