/** At most so many at once, first come first served. */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  private free: number;

  constructor(free: number) {
    this.free = free;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
