const PAUSE_MS = 60_000;
const MOST_KEPT = 100;

/** Tells the same message once a minute: what tries on every second has nothing new to say. */
export class RareMessages {
  readonly #tell: (message: string) => void;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();

  constructor(tell: (message: string) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  tell(message: string): void {
    const last = this.#told.get(message);
    if (last !== undefined && this.#now() - last < PAUSE_MS) return;
    if (this.#told.size >= MOST_KEPT) this.#told.clear();
    this.#told.set(message, this.#now());
    this.#tell(message);
  }
}
