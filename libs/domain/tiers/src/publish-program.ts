import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { DecideContext, Decision } from '@loyalty/event-store';
import { formatInstant, refusal, type NewEvent } from '@loyalty/kernel';
import type { ProgramPublished } from '@loyalty/contracts';
import type { TiersAnswer } from './core/commands.ts';
import type { ProgramVersion } from './core/program.ts';
import type { Programs } from './core/programs.ts';
import { readProgram, type ProgramMistake } from './program/read-program.ts';
import type { TiersWriter } from './tiers-writer.ts';

export interface PublishedVersion {
  readonly program: string;
  readonly version: string;
  readonly effectiveFrom: string;
}

export type PublishOutcome =
  | { readonly kind: 'published' | 'known'; readonly published: PublishedVersion }
  /** Another text stands for the same program from the same instant on: a published version stays. */
  | { readonly kind: 'conflict'; readonly published: PublishedVersion }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly ProgramMistake[] };

/** Publishes a program file to every shard. The same text again changes nothing. */
export async function publishProgram(writer: TiersWriter, text: string): Promise<PublishOutcome> {
  const read = readProgram(text);
  if (!read.ok) return { kind: 'mistakes', mistakes: read.mistakes };
  const { program, version, effectiveFrom } = read.version;
  const published = { program, version, effectiveFrom: formatInstant(effectiveFrom) };
  const key = {
    namespace: 'program',
    key: `${program} ${published.effectiveFrom}`,
    hash: createHash('sha256').update(text).digest('hex'),
  };
  const data: ProgramPublished = { ...published, document: text };
  const event: NewEvent = { type: 'program.published.v1', time: effectiveFrom, data };
  const outcome = await writer.broadcast(
    `program:${program}`,
    (context) => decidePublishing(read.version, event, context),
    { key },
  );
  switch (outcome.kind) {
    case 'accepted':
      return { kind: outcome.replayed ? 'known' : 'published', published };
    case 'conflict':
      return { kind: 'conflict', published };
    case 'refused':
      return { kind: 'refused', code: outcome.refusal.code, message: outcome.refusal.message };
  }
}

function decidePublishing(
  { program, currency }: ProgramVersion,
  event: NewEvent,
  { global }: DecideContext<Programs>,
): Decision<TiersAnswer> {
  const other = global.versionsOf(program).find((version) => version.currency !== currency);
  if (!other) return { kind: 'accepted', events: [event], answer: null };
  const message = `${program} counts in ${other.currency}; a version in ${currency} could not be compared with it. Publish it as another program.`;
  return {
    kind: 'refused',
    refusal: refusal('program_currency_differs', message, { pointer: '/currency' }),
    keep: false,
  };
}

/** The program files that come with the product. */
const SHIPPED = new URL('../../../../programs/', import.meta.url);

/** Publishes the shipped programs that are not yet. One that was changed since stays as published and is told. */
export async function publishShippedPrograms(writer: TiersWriter): Promise<PublishOutcome[]> {
  const names = (await readdir(SHIPPED)).filter((name) => name.endsWith('.yaml')).sort();
  const outcomes: PublishOutcome[] = [];
  for (const name of names) outcomes.push(await publishProgram(writer, await readFile(new URL(name, SHIPPED), 'utf8')));
  return outcomes;
}
