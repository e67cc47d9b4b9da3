import { readdir, readFile } from 'node:fs/promises';
import { isCurrency, timeZone } from '@loyalty/kernel';
import { LineCounter, parseDocument as parseYaml, type Document as YamlDocument } from 'yaml';
import { mappingSchema, type Mapping } from './mapping.ts';
import { timeReader } from './time-layout.ts';

/** A mapping file has a mistake; the message says in which line. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  readonly code: string;
  constructor(message: string, code = 'bad_mapping') {
    super(message);
    this.code = code;
  }
}

const PRESETS = new URL('../../presets/', import.meta.url);

export async function readMapping(path: string): Promise<Mapping> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new MappingError(`There is no mapping file ${path}.`, 'mapping_not_found');
  });
  return parseMapping(text, path);
}

/** A mapping that comes with the project: `online-retail`, `standard`. */
export async function readPreset(name: string): Promise<Mapping> {
  const names = await presetNames();
  if (!names.includes(name))
    throw new MappingError(`There is no preset "${name}". There are: ${names.join(', ')}.`, 'unknown_preset');
  return parseMapping(await readFile(new URL(`${name}.yaml`, PRESETS), 'utf8'), name);
}

export async function presetNames(): Promise<string[]> {
  const files = await readdir(PRESETS);
  return files.flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : [])).sort();
}

/** Throws MappingError with the first mistake and its line. */
export function parseMapping(text: string, name: string): Mapping {
  const lines = new LineCounter();
  const yaml = parseYaml(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = yaml.errors;
  if (broken) throw new MappingError(`${name}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`);
  const parsed = mappingSchema.safeParse(yaml.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const path = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])];
    const message = unknown === undefined ? (issue?.message ?? 'not a mapping') : 'there is no such key';
    throw new MappingError(`${name}:${lineOf(yaml, lines, path)}: ${path.join('.')}: ${message}`);
  }
  const { data } = parsed;
  checkMeaning(
    data,
    (path, message) => new MappingError(`${name}:${lineOf(yaml, lines, path)}: ${path.join('.')}: ${message}`),
  );
  return data;
}

function checkMeaning(mapping: Mapping, mistake: (path: string[], message: string) => MappingError): void {
  const { constants, document, time } = mapping;
  for (const field of ['source', 'currency'] as const) {
    if (constants[field] === undefined && document[field] === undefined) {
      throw mistake(['document'], `${field} is needed: as a column here, or as a constant`);
    }
  }
  if (constants.currency !== undefined && !isCurrency(constants.currency))
    throw mistake(['constants', 'currency'], 'no ISO 4217 code');
  try {
    if (time.zone !== undefined) timeZone(time.zone);
  } catch {
    throw mistake(['time', 'zone'], 'no IANA time zone');
  }
  try {
    timeReader(time);
  } catch (error) {
    throw mistake(['time', 'layout'], (error as Error).message);
  }
}

/** The line of what a path leads to, or of the nearest thing around it. */
function lineOf(yaml: YamlDocument, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = yaml.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
