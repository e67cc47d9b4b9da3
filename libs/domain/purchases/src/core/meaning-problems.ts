import { compare, isCurrency, looksPersonal, sum, type Decimal, type EpochMs } from '@loyalty/kernel';
import { goodsAmount, lineAmount } from './amounts.ts';
import { isReturnLine, NOBODY, type Document, type DocumentLine } from './document.ts';
import { problem, type Problem } from './problem.ts';

/** Before it no till sold anything, and PostgreSQL's microseconds would leave the safe integers. */
const EARLIEST: EpochMs = Date.UTC(1900, 0, 1);
/** 15 digits before the point, as events carry decimals. */
const AMOUNT_LIMIT = '1000000000000000';
const CONTROL = /\p{Cc}/u;
/** Zero bytes, and halves of surrogate pairs, whole pairs among them. */
const SUSPECT = /[\0\ud800-\udfff]/;

/** What a schema cannot say. Empty when all is well. `sent` are the document's lines in the order they came in, for the pointers. */
export function meaningProblems(document: Document, sent: readonly DocumentLine[]): Problem[] {
  const problems: Problem[] = [];
  if (Number.isNaN(document.at)) {
    problems.push(
      problem(
        '/at',
        'invalid_time',
        'Expected an existing date and time with its offset: "2026-01-25T10:00:00+08:00".',
      ),
    );
  } else if (document.at < EARLIEST) {
    problems.push(problem('/at', 'at_out_of_range', 'Nothing was sold before the year 1900.'));
  }
  if (!isCurrency(document.currency))
    problems.push(problem('/currency', 'unknown_currency', `"${clip(document.currency)}" is no ISO 4217 code.`));
  problems.push(...idProblems(document), ...textProblems(document, sent));
  const amounts = document.lines.map(lineAmount);
  document.lines.forEach((line, i) => lineProblems(line, amounts[i] as Decimal, document, sent, problems));
  problems.push(...ordinalProblems(document, sent), ...sumProblems(document, amounts));
  return problems;
}

function idProblems(document: Document): Problem[] {
  const problems: Problem[] = [];
  for (const field of ['source', 'id', 'member', 'program'] as const) {
    const id = document[field];
    if (id !== undefined && CONTROL.test(id))
      problems.push(problem(`/${field}`, 'invalid_format', 'An id is printable.'));
  }
  const { member } = document;
  if (member === undefined) return problems;
  if (looksPersonal(member)) {
    problems.push(
      problem(
        '/member',
        'member_id_personal',
        'A member id must not be an e-mail address or a phone number: ids are opaque.',
      ),
    );
  }
  if (member.startsWith(NOBODY))
    problems.push(problem('/member', 'member_id_reserved', `A member id must not begin with "${NOBODY}".`));
  return problems;
}

/** PostgreSQL stores no U+0000, and half a surrogate pair is no character. */
function textProblems(document: Document, sent: readonly DocumentLine[]): Problem[] {
  const { lines: _, tenders, ...head } = document;
  const problems: Problem[] = [];
  const look = (value: unknown, field: string): void => {
    if (typeof value === 'string' && SUSPECT.test(value) && (value.includes('\0') || !value.isWellFormed())) {
      problems.push(problem(`/${field}`, 'invalid_text', 'A text holds U+0000 or half a surrogate pair.'));
    }
  };
  for (const field in head) look(head[field as keyof typeof head], field);
  sent.forEach((line, i) => {
    look(line.item, `lines/${i}/item`);
    look(line.category, `lines/${i}/category`);
    look(line.of?.source, `lines/${i}/of/source`);
    look(line.of?.id, `lines/${i}/of/id`);
  });
  tenders?.forEach((tender, i) => look(tender.type, `tenders/${i}/type`));
  return problems;
}

function lineProblems(
  line: DocumentLine,
  amount: Decimal,
  document: Document,
  sent: readonly DocumentLine[],
  problems: Problem[],
): void {
  const add = (field: string, code: string, message: string): void => {
    problems.push(problem(`/lines/${sent.indexOf(line)}/${field}`, code, message));
  };
  const { of } = line;
  if (line.quantity === '0') add('quantity', 'zero_quantity', 'A line of nothing is no line.');
  if (amount.startsWith('-'))
    add('discount', 'discount_exceeds_amount', 'A discount is at most quantity x unit price.');
  if (amount.length > 15 && compare(amount, AMOUNT_LIMIT) >= 0)
    add('unitPrice', 'number_too_large', 'Quantity x unit price has more than 15 digits.');
  if (of === undefined) return;
  if (!isReturnLine(line)) add('of', 'not_a_return_line', 'Only a return line (negative quantity) names a purchase.');
  if (of.source === document.source && of.id === document.id)
    add('of', 'return_of_itself', 'A document cannot return what it sells itself.');
  if (CONTROL.test(of.id) || CONTROL.test(of.source)) add('of', 'invalid_format', 'An id is printable.');
}

function ordinalProblems(document: Document, sent: readonly DocumentLine[]): Problem[] {
  return document.lines
    .filter((line, i) => i > 0 && line.line === document.lines[i - 1]?.line)
    .map((line) =>
      problem(`/lines/${sent.indexOf(line)}/line`, 'duplicate_line', `Two lines have the ordinal ${line.line}.`),
    );
}

function sumProblems(document: Document, amounts: readonly Decimal[]): Problem[] {
  const problems: Problem[] = [];
  if (document.discount !== undefined && compare(document.discount, goodsAmount(document, amounts)) > 0) {
    problems.push(
      problem('/discount', 'discount_exceeds_amount', 'A basket discount is at most what the goods bought cost.'),
    );
  }
  // 20,000 amounts of ten characters each stay below the limit.
  if (amounts.some((amount) => amount.length > 10) && compare(sum(amounts), AMOUNT_LIMIT) >= 0) {
    problems.push(problem('/lines', 'number_too_large', 'The lines together come to more than 15 digits.'));
  }
  return problems;
}

function clip(text: string): string {
  return text.slice(0, 20);
}
