import { refusal } from '@loyalty/kernel';
import { refused, type PurchasesDecision } from './decision.ts';
import { documentKey, isReturnLine, NOBODY, type DocumentLine, type NamedPurchase } from './document.ts';
import type { History, KnownDocument } from './history.ts';
import type { DocumentInput } from './input.ts';
import { quantityText, thousandths, type Thousandths } from './thousandths.ts';

/** By purchase: how much of an item, in all or of one line, was bought there and is brought back by this document. */
interface Sums {
  readonly bought: Map<KnownDocument, Map<string, Thousandths>>;
  readonly returned: Map<KnownDocument, Map<string, Thousandths>>;
}

interface NamingLine extends DocumentLine {
  readonly of: NamedPurchase;
}

/** What is wrong with the purchases that return lines name, if anything. A purchase that is not known yet is fine when the member is. */
export function namedRefusal(input: DocumentInput, history: History): PurchasesDecision | undefined {
  const { document } = input;
  const owners = new Map(input.named.map((owner) => [documentKey(owner.source, owner.id), owner.subject]));
  const sums: Sums = { bought: new Map(), returned: new Map() };
  for (const [index, line] of document.lines.entries()) {
    if (!isReturnLine(line) || !names(line)) continue;
    const pointer = `/lines/${index}`;
    const purchase = history.documents.get(documentKey(line.of.source, line.of.id));
    const known = purchase && !purchase.voided && purchase.bought.length > 0;
    const no = known ? exceeds(line, purchase, sums, pointer) : stranger(line, input, owners, pointer);
    if (no) return no;
  }
  return undefined;
}

function names(line: DocumentLine): line is NamingLine {
  return line.of !== undefined;
}

function stranger(
  line: NamingLine,
  input: DocumentInput,
  owners: ReadonlyMap<string, string>,
  pointer: string,
): PurchasesDecision | undefined {
  const { of } = line;
  const owner = owners.get(documentKey(of.source, of.id));
  const elsewhere = owner !== undefined && owner !== input.subject;
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
  return elsewhere && !owner.startsWith(NOBODY)
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
  { bought: sold, returned: back }: Sums,
  pointer: string,
): PurchasesDecision | undefined {
  const { of, item } = line;
  const scopes = of.line === undefined ? [undefined] : [undefined, of.line];
  for (const scope of scopes) {
    const key = scopeKey(item, scope);
    const bought = within(sold, purchase, boughtByScope).get(key) ?? 0;
    const returns = within(back, purchase, () => new Map<string, Thousandths>());
    const returned = (returns.get(key) ?? 0) - thousandths(line.quantity);
    returns.set(key, returned);
    if (returned > bought) {
      const details = { bought: quantityText(bought), returned: quantityText(returned) };
      const message = `Of "${item}", ${details.bought} was bought there and ${details.returned} is returned.`;
      return refused(refusal('return_exceeds_purchase', message, { pointer: `${pointer}/quantity`, details }));
    }
  }
  return undefined;
}

function within<T>(sums: Map<KnownDocument, T>, purchase: KnownDocument, make: (purchase: KnownDocument) => T): T {
  let found = sums.get(purchase);
  if (!found) sums.set(purchase, (found = make(purchase)));
  return found;
}

function boughtByScope({ bought }: KnownDocument): Map<string, Thousandths> {
  const totals = new Map<string, Thousandths>();
  for (const { item, line, quantity } of bought) {
    for (const key of [scopeKey(item, undefined), scopeKey(item, line)])
      totals.set(key, (totals.get(key) ?? 0) + quantity);
  }
  return totals;
}

function scopeKey(item: string, line: number | undefined): string {
  return `${line ?? ''} ${item}`;
}
