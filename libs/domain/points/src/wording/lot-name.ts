/** What opened a lot. */
export type LotKind = 'purchase' | 'adjustment' | 'opening' | 'transfer' | 'undo';

const OWN = /^\/(adjustment|opening|transfer|undo)\/(.*)$/su;

/** A lot as people name it: `purchase store-7/000123`, `adjustment case-17`. A purchase's lot is named `source/id`. */
export function lotName(lot: string, kinds: Readonly<Record<LotKind, string>>): string {
  const [, kind, id] = OWN.exec(lot) ?? [];
  if (kind === undefined || id === undefined) return `${kinds.purchase} ${lot}`;
  // A transfer and an undo number their lots.
  const name = kind === 'transfer' || kind === 'undo' ? id.replace(/\/\d+$/, '') : id;
  return `${kinds[kind as LotKind]} ${name}`;
}

/** A purchase or return as people name it. */
export function documentName({ source, id }: { readonly source: string; readonly id: string }): string {
  return `${source}/${id}`;
}
