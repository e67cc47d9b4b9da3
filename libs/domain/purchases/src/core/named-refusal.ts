import { refusal } from '@loyalty/kernel';
import { refused, type PurchasesDecision } from './decision.ts';
import { documentKey, isReturnLine, NOBODY, type DocumentLine, type NamedPurchase } from './document.ts';
import type { History, KnownDocument } from './history.ts';
import type { DocumentInput } from './input.ts';
import { quantityText, thousandths, type Thousandths } from './thousandths.ts';

interface NamingLine extends DocumentLine {
  readonly of: NamedPurchase;
}

/** What is wrong with the purchases that return lines name, if anything. A purchase that is not known yet is fine when the member is. */
export function namedRefusal(input: DocumentInput, history: History): PurchasesDecision | undefined {
  const { document } = input;
  const sums = new Map<string, Thousandths>();
  for (const [index, line] of document.lines.entries()) {
    if (!isReturnLine(line) || !names(line)) continue;
    const pointer = `/lines/${index}`;
    const purchase = history.documents.get(documentKey(line.of.source, line.of.id));
    const known = purchase && !purchase.voided && purchase.bought.length > 0;
    const no = known ? exceeds(line, purchase, sums, pointer) : stranger(line, input, pointer);
    if (no) return no;
  }
  return undefined;
}

function names(line: DocumentLine): line is NamingLine {
  return line.of !== undefined;
}

function stranger(line: NamingLine, input: DocumentInput, pointer: string): PurchasesDecision | undefined {
  const { of } = line;
  const owner = input.named.find((candidate) => candidate.id === of.id && candidate.source === of.source);
  const elsewhere = owner !== undefined && owner.subject !== input.subject;
  if (input.document.member === undefined) {
    return elsewhere
      ? refused(
          refusal('purchases_of_several_members', 'The purchases that this return names belong to several members.', {
            pointer: `${pointer}/of`,
          }),
        )
      : refused(
          refusal('unknown_purchase', `There is no purchase ${of.id} of ${of.source}.`, { pointer: `${pointer}/of` }),
          false,
        );
  }
  // Nobody's purchase earned nothing that could be taken back: the return is recorded and matches nothing.
  return elsewhere && !owner.subject.startsWith(NOBODY)
    ? refused(
        refusal('purchase_of_another_member', `Purchase ${of.id} of ${of.source} is another member's.`, {
          pointer: `${pointer}/of`,
        }),
      )
    : undefined;
}

/** More of an item than was bought, by one document: more than is left is another matter and only goes unmatched. */
function exceeds(
  line: NamingLine,
  purchase: KnownDocument,
  sums: Map<string, Thousandths>,
  pointer: string,
): PurchasesDecision | undefined {
  const { of, item } = line;
  const scopes = of.line === undefined ? [undefined] : [undefined, of.line];
  for (const scope of scopes) {
    const candidates = purchase.bought.filter(
      (bought) => bought.item === item && (scope === undefined || bought.line === scope),
    );
    const bought = candidates.reduce((total, candidate) => total + candidate.quantity, 0);
    const key = JSON.stringify([of.source, of.id, item, scope]);
    const returned = (sums.get(key) ?? 0) - thousandths(line.quantity);
    sums.set(key, returned);
    if (returned > bought) {
      const details = { bought: quantityText(bought), returned: quantityText(returned) };
      const message = `Of "${item}", ${details.bought} was bought there and ${details.returned} is returned.`;
      return refused(refusal('return_exceeds_purchase', message, { pointer: `${pointer}/quantity`, details }));
    }
  }
  return undefined;
}
