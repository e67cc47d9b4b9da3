import { leavesWindow, type EpochMs, type Period } from '@loyalty/kernel';
import type { Micros } from './micros.ts';
import type { ProgramVersion } from './program.ts';

/** The end of a window's items, cut off to be counted anew or put back. */
export interface Cut {
  readonly first: number;
  readonly times: readonly EpochMs[];
  readonly amounts: Micros[];
}

const DAY_MS = 86_400_000;

/** A window's items as they are kept aside. */
export interface FrozenWindow {
  readonly times: Float64Array;
  readonly sums: Float64Array | readonly Micros[];
  readonly head: number;
}

/**
 * What a member spent and when, in fact order, with running sums: what the window (t - period, t] holds is one subtraction, and
 * when it falls below a line one binary search. Sums are kept as numbers while they are exact (nine billion of a currency): 8 bytes
 * instead of 32, of which a busy card has tens of thousands.
 */
export class SpendWindow {
  private readonly times: EpochMs[] = [];
  /** Sum of the first n amounts (from what was dropped on); one entry more than items. */
  private sums: number[] | Micros[] = [0];
  /** Items before it have left the window. */
  head = 0;

  get size(): number {
    return this.times.length;
  }

  /** Rough bytes: two arrays of eight, with the room that arrays keep to grow. */
  get bytes(): number {
    return this.times.length * (typeof this.sums[0] === 'bigint' ? 60 : 24);
  }

  add(at: EpochMs, amount: Micros): void {
    this.times.push(at);
    this.push(this.total + amount);
  }

  removeLast(): void {
    this.times.pop();
    this.sums.pop();
  }

  /** What the window holds at an instant. Instants must not go back, unless `rewind` comes between. */
  spent(version: ProgramVersion, at: EpochMs): Micros {
    while (this.head < this.times.length && hasLeft(version, this.times[this.head] as EpochMs, at)) this.head++;
    return this.total - this.sumOf(this.head);
  }

  /** When the window falls below a line if nothing is added; null = it is below already. */
  fallsBelow(version: ProgramVersion, line: Micros): EpochMs | null {
    const least = this.total - line;
    if (least < this.sumOf(0)) return null;
    // The item with whose leaving the rest is too little.
    let low = 0;
    let high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sumOf(middle + 1) > least) high = middle;
      else low = middle + 1;
    }
    return leavesWindow(version.zone, this.times[low] as EpochMs, version.tiers.window);
  }

  cut(first: number): Cut {
    const amounts = this.times.slice(first).map((_, i) => this.sumOf(first + i + 1) - this.sumOf(first + i));
    this.sums.length = first + 1;
    return { first, times: this.times.splice(first), amounts };
  }

  restore({ first, times, amounts }: Cut): void {
    this.times.length = first;
    this.sums.length = first + 1;
    for (let i = 0; i < times.length; i++) this.add(times[i] as EpochMs, amounts[i] as Micros);
  }

  rewind(): void {
    this.head = 0;
  }

  /** Drops what has left. */
  drop(): void {
    this.times.splice(0, this.head);
    this.sums.splice(0, this.head);
    this.head = 0;
  }

  freeze(): FrozenWindow {
    const { times, sums, head } = this;
    const exact = typeof sums[0] === 'number';
    return {
      times: Float64Array.from(times),
      sums: exact ? Float64Array.from(sums as number[]) : (sums as Micros[]),
      head,
    };
  }

  static thaw({ times, sums, head }: FrozenWindow): SpendWindow {
    const window = new SpendWindow();
    for (const time of times) window.times.push(time);
    window.sums = sums instanceof Float64Array ? Array.from(sums) : [...sums];
    window.head = head;
    return window;
  }

  private get total(): Micros {
    return this.sumOf(this.sums.length - 1);
  }

  private sumOf(items: number): Micros {
    return BigInt(this.sums[items] as number | Micros);
  }

  private push(sum: Micros): void {
    const exact = Number(sum);
    if (typeof this.sums[0] === 'number' && Number.isSafeInteger(exact)) {
      (this.sums as number[]).push(exact);
      return;
    }
    if (typeof this.sums[0] === 'number') this.sums = (this.sums as number[]).map(BigInt);
    (this.sums as Micros[]).push(sum);
  }
}

/** Asks the calendar only where the length in days cannot tell. */
function hasLeft(version: ProgramVersion, item: EpochMs, at: EpochMs): boolean {
  const { window } = version.tiers;
  const age = at - item;
  const days = window.months * 30.4375 + window.days;
  if (age < (days - 4) * DAY_MS) return false;
  if (age > (days + 5) * DAY_MS + window.ms) return true;
  return leavesWindow(version.zone, item, window) <= at;
}

export function sameWindow(a: ProgramVersion, b: ProgramVersion): boolean {
  const same = (x: Period, y: Period): boolean => x.months === y.months && x.days === y.days && x.ms === y.ms;
  return a.zone.id === b.zone.id && same(a.tiers.window, b.tiers.window);
}
