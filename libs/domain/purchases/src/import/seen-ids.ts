/** Ids in one generation. Two generations of 8 bytes a slot, half full: 32 MB at most. */
const MOST = 1 << 20;
const LEAST_SLOTS = 1 << 12;

/**
 * Remembers the last one to two million ids it was given, as 53-bit hashes. It takes a new id for a known one
 * about once in 10^10 questions. What it forgot, the ledger's own keys still know.
 */
export class SeenIds {
  private current = new Float64Array(LEAST_SLOTS);
  private previous: Float64Array = new Float64Array(1);
  private count = 0;
  private readonly most: number;

  /** @param most ids in one generation, two of which are kept */
  constructor(most = MOST) {
    this.most = most;
  }

  has(id: string): boolean {
    const hash = hash53(id);
    return this.current[slotOf(this.current, hash)] === hash || this.previous[slotOf(this.previous, hash)] === hash;
  }

  add(id: string): void {
    const hash = hash53(id);
    const slot = slotOf(this.current, hash);
    if (this.current[slot] === hash) return;
    this.current[slot] = hash;
    if (++this.count >= this.most) {
      this.previous = this.current;
      this.current = new Float64Array(LEAST_SLOTS);
      this.count = 0;
    } else if (this.count * 2 >= this.current.length) this.grow();
  }

  private grow(): void {
    const larger = new Float64Array(this.current.length * 2);
    for (const hash of this.current) if (hash !== 0) larger[slotOf(larger, hash)] = hash;
    this.current = larger;
  }
}

/** Where a hash stands, or the free slot where it would. Tables are never more than half full. */
function slotOf(table: Float64Array, hash: number): number {
  let slot = hash % table.length;
  while (table[slot] !== 0 && table[slot] !== hash) slot = (slot + 1) % table.length;
  return slot;
}

/** FNV-1a, twice with different seeds, 53 bits of it, never 0. */
function hash53(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) + 1;
    b ^= b >>> 15;
  }
  return (a >>> 0) * 2_097_152 + (b >>> 11) + 1;
}
