import { checkColumns, type CsvRow } from '@loyalty/service';
import type { EpochMs } from '@loyalty/kernel';
import { conditionTest } from './condition.ts';
import type { Mapping } from './mapping.ts';
import { timeReader } from './time-layout.ts';

/** A field's text, by field of the purchase document. */
type Fields = Readonly<Record<string, string>>;

export interface RowFault {
  readonly code: string;
  readonly reason: string;
}

/** A row in the words of the purchase document. */
export interface MappedRow {
  /** Which document it belongs to; undefined where that cannot be told. */
  readonly key: string | undefined;
  /** What all rows of a document share. */
  readonly head: Fields;
  readonly at: EpochMs;
  readonly line: object;
  readonly fault?: RowFault;
}

const NOTHING: Fields = {};

/** Turns rows under this header into lines of documents. Throws FileFaultError when columns are unknown or missing. */
export function rowReader(mapping: Mapping, header: readonly string[]): (row: CsvRow) => MappedRow {
  const names = header.map((name) => name.trim());
  checkColumns(names, columnsOf(mapping));
  const index = (column: string): number => names.indexOf(column);
  const text = textReader(mapping, index);
  const time = timeReader(mapping.time);
  const rejects = mapping.reject.map((rule) => ({
    fits: conditionTest(rule.when, index),
    unless: rule.unless && conditionTest(rule.unless, index),
    fault: { code: rule.code, reason: rule.reason },
  }));
  const head = headReader(mapping, text);
  const line = lineReader(mapping, index, text);
  const { id, at, source } = mapping.document;

  return ({ fields, fault }) => {
    const ownId = text(fields, id);
    const key = ownId === '' ? undefined : `${source === undefined ? '' : text(fields, source)}\n${ownId}`;
    const broken = (wrong: RowFault): MappedRow => ({ key, head: NOTHING, at: 0, line: NOTHING, fault: wrong });
    if (fault) return broken({ code: fault.code, reason: fault.message });
    if (key === undefined) return broken({ code: 'required', reason: `Column "${id}" is empty.` });
    const rejected = rejects.find((rule) => rule.fits(fields) && !rule.unless?.(fields));
    if (rejected) return broken(rejected.fault);
    const instant = time(text(fields, at));
    if (instant === undefined)
      return broken({ code: 'invalid_time', reason: `Column "${at}" holds no time that this mapping can read.` });
    return { key, head: head(fields), at: instant, line: line(fields) };
  };
}

function columnsOf(mapping: Mapping): { required: string[]; optional: string[] } {
  const used = [
    ...Object.values(mapping.document),
    ...Object.values(mapping.line),
    ...(mapping.kinds ? [mapping.kinds.column] : []),
    ...(mapping.returns ? [mapping.returns.column] : []),
    ...mapping.reject.flatMap((rule) => [rule.when.column, ...(rule.unless ? [rule.unless.column] : [])]),
  ].filter((column) => column !== undefined);
  const optional = new Set([...mapping.optional, ...mapping.ignore]);
  return { required: [...new Set(used)].filter((column) => !optional.has(column)), optional: [...optional] };
}

/** A column's text, trimmed of nothing but what `strip` says: items are compared as written. */
function textReader(
  mapping: Mapping,
  index: (column: string) => number,
): (fields: readonly string[], column: string) => string {
  const places = new Map<string, number>();
  const strips = new Map(Object.entries(mapping.strip).map(([column, pattern]) => [column, new RegExp(pattern, 'u')]));
  return (fields, column) => {
    let at = places.get(column);
    if (at === undefined) places.set(column, (at = index(column)));
    const found = fields[at] ?? '';
    const strip = strips.size > 0 ? strips.get(column) : undefined;
    return strip ? found.replace(strip, '') : found;
  };
}

function headReader(mapping: Mapping, text: ReturnType<typeof textReader>): (fields: readonly string[]) => Fields {
  const { at: _, ...shared } = mapping.document;
  const columns = Object.entries(stated(shared));
  const number = numberReader(mapping);
  const constants = stated(mapping.constants);
  return (fields) => {
    const head: Record<string, string> = { ...constants };
    for (const [field, column] of columns) {
      const value = text(fields, column);
      if (value !== '') head[field] = field === 'discount' ? number(value) : value;
    }
    return head;
  };
}

function lineReader(
  mapping: Mapping,
  index: (column: string) => number,
  text: ReturnType<typeof textReader>,
): (fields: readonly string[]) => object {
  const { item, quantity, unitPrice, of, ...others } = mapping.line;
  const columns = Object.entries(stated(others));
  const number = numberReader(mapping);
  const kindOf = kindReader(mapping, text);
  const isReturn = mapping.returns ? conditionTest(mapping.returns, index) : () => false;
  return (fields) => {
    const count = number(text(fields, quantity));
    const back = isReturn(fields) && !count.startsWith('-');
    const line: Record<string, unknown> = {
      item: text(fields, item),
      quantity: back ? `-${count}` : count,
      unitPrice: number(text(fields, unitPrice)),
    };
    const kind = kindOf(fields);
    if (kind !== undefined) line['kind'] = kind;
    for (const [field, column] of columns) {
      const value = text(fields, column);
      if (value !== '') line[field] = field === 'discount' || field === 'tax' ? number(value) : value;
    }
    const named = of === undefined ? '' : text(fields, of);
    if (named !== '') line['of'] = { id: named };
    return line;
  };
}

function stated(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function kindReader(
  { kinds }: Mapping,
  text: ReturnType<typeof textReader>,
): (fields: readonly string[]) => string | undefined {
  if (!kinds) return () => undefined;
  const exact = new Map(Object.entries(kinds.equals));
  const beginnings = Object.entries(kinds.startsWith);
  return (fields) => {
    const code = text(fields, kinds.column);
    return exact.get(code) ?? beginnings.find(([beginning]) => code.startsWith(beginning))?.[1];
  };
}

/** `1.234,50` → `1234.50`, as the mapping says numbers are written. What is no number stays as it is and is refused later. */
function numberReader({ numbers: { decimal, group } }: Mapping): (text: string) => string {
  if (decimal === '.' && group === undefined) return (text) => text.trim();
  return (text) => {
    const whole = group === undefined ? text.trim() : text.trim().replaceAll(group, '');
    return decimal === '.' ? whole : whole.replace(decimal, '.');
  };
}
