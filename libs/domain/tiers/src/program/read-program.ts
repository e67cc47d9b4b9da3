import { createHash } from 'node:crypto';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { parseMicros, MICRO } from '../core/micros.ts';
import type { Fraction, ProgramVersion, Rule } from '../core/program.ts';
import { prepareRates } from '../core/rates.ts';
import { programDocument, type ProgramDocument } from './program-document.ts';
import { programMistakes, type Problem } from './program-mistakes.ts';
import { unsupportedParts, valueAt } from './unsupported.ts';

/** A mistake in a program file. Lines count from 1. */
export interface ProgramMistake {
  readonly line: number;
  /** Where in the document, such as `tiers.ladder.1.from`; empty = the whole. */
  readonly path: string;
  readonly reason: string;
}

export type ReadProgram =
  | { readonly ok: true; readonly version: ProgramVersion; readonly document: string }
  | { readonly ok: false; readonly mistakes: readonly ProgramMistake[] };

/** A program file is at most this long; the largest sensible one is a hundredth of it. */
const MAX_LENGTH = 200_000;

/** Reads a program file (YAML 1.2, of which JSON is a part). Every mistake is reported, with its line. */
export function readProgram(text: string): ReadProgram {
  if (text.length > MAX_LENGTH) return refused([{ line: 1, path: '', reason: `longer than ${MAX_LENGTH} characters` }]);
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false, maxAliasCount: 100 } as Parameters<
    typeof parseDocument
  >[1]);
  if (yaml.errors.length > 0) {
    return refused(
      yaml.errors.map((error) => ({ line: lines.linePos(error.pos[0]).line, path: '', reason: error.message })),
    );
  }
  let content: unknown;
  try {
    content = yaml.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return refused([{ line: 1, path: '', reason: error instanceof Error ? error.message : 'cannot be read' }]);
  }
  const unsupported = unsupportedParts(content);
  const parsed = programDocument.safeParse(
    without(
      content,
      unsupported.map((part) => part.path),
    ),
  );
  const problems: Problem[] = unsupported.map(({ path, name }) => ({ path, reason: `not supported yet: ${name}` }));
  if (parsed.success) problems.push(...programMistakes(parsed.data));
  else
    problems.push(
      ...parsed.error.issues
        .flatMap((issue) => problemsOf(issue, content))
        .filter(({ path }) => !unsupported.some((part) => isWithin(path, part.path))),
    );
  if (problems.length > 0 || !parsed.success) {
    const mistakes = problems.map(({ path, reason }) => ({
      line: lineOf(yaml, lines, path),
      path: path.map(String).join('.'),
      reason,
    }));
    return refused(mistakes.sort((a, b) => a.line - b.line));
  }
  return { ok: true, version: versionOf(parsed.data, text), document: text };
}

const refused = (mistakes: readonly ProgramMistake[]): ReadProgram => ({ ok: false, mistakes });

function problemsOf(issue: z.core.$ZodIssue, content: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], reason: `unknown key ${key}` }));
  }
  if (valueAt(content, issue.path) === undefined) {
    return [{ path: issue.path, reason: `${String(issue.path.at(-1))} is missing` }];
  }
  if (issue.code === 'invalid_union') return [bestOfUnion(issue, content)];
  return [{ path: issue.path, reason: issue.message }];
}

/** Of several shapes, the one whose own complaints are fewest is the one that was meant. */
function bestOfUnion(issue: z.core.$ZodIssueInvalidUnion, content: unknown): Problem {
  const [closest] = issue.errors.toSorted((a, b) => a.length - b.length || depth(b) - depth(a));
  const first = closest?.[0];
  if (!first) return { path: issue.path, reason: issue.message };
  const [inner] = problemsOf({ ...first, path: [...issue.path, ...first.path] }, content);
  return inner ?? { path: issue.path, reason: first.message };
}

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map((issue) => issue.path.length));

/** The line of the deepest part of a path that the file has. */
function lineOf(yaml: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = yaml.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

const isWithin = (path: readonly PropertyKey[], part: readonly PropertyKey[]): boolean =>
  part.every((key, i) => path[i] === key);

function without(content: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  const copy = structuredClone(content);
  for (const path of paths) {
    const holder = path
      .slice(0, -1)
      .reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], copy);
    if (holder && typeof holder === 'object' && !Array.isArray(holder))
      delete (holder as Record<PropertyKey, unknown>)[path.at(-1)!];
  }
  return copy;
}

function versionOf(document: ProgramDocument, text: string): ProgramVersion {
  const { eligible, points, tiers } = document;
  const ladder = tiers.ladder.map(({ id, name, from, benefits }) => ({ id, name, from: parseMicros(from), benefits }));
  const rules = document.earning.map(({ id, award }) =>
    ruleOf(
      id,
      award,
      ladder.map((tier) => tier.id),
    ),
  );
  return {
    program: document.program,
    version: createHash('sha256').update(text).digest('hex'),
    effectiveFrom: document.effectiveFrom,
    zone: document.timeZone,
    currency: document.currency,
    sources: document.sources,
    eligible: { ...eligible, tax: eligible.tax === 'included' },
    points: {
      name: points.name,
      pending: points.pending,
      expiry: points.expiry === 'never' ? null : points.expiry,
      shortfall: points.shortfall,
      value: points.value,
    },
    tiers: {
      window: tiers.window.rolling,
      keepFor: tiers.keepFor,
      downgrade: tiers.downgrade,
      grace: tiers.grace,
      ladder,
    },
    rules,
    rates: prepareRates(rules, ladder),
  };
}

function ruleOf(id: string, award: ProgramDocument['earning'][number]['award'], tiers: readonly string[]): Rule {
  if ('per' in award) {
    return {
      id,
      award: 'perAmount',
      points: fraction(award.points),
      per: parseMicros(award.per),
      wholeUnits: award.wholeUnits,
    };
  }
  const by =
    typeof award.by === 'string' ? tiers.map((tier) => [tier, award.by as string] as const) : Object.entries(award.by);
  return {
    id,
    award: 'multiply',
    of: award.multiply,
    by: new Map(by.map(([tier, factor]) => [tier, fraction(factor)])),
  };
}

const fraction = (text: string): Fraction => ({ numerator: parseMicros(text), denominator: MICRO });
