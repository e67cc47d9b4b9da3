import Table from 'cli-table3';

/** A table for people, without boxes: it survives being copied into a message. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const plain = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
  };
  const lines = { left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' };
  const drawn = new Table({
    head: [...head],
    chars: { ...plain, ...lines },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) =>
      rows.length > 0 && rows.every((row) => /^-?\d+(\.\d+)?$/.test(String(row[column]))) ? 'right' : 'left',
    ),
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}
