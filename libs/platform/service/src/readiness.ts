import { Injectable } from '@nestjs/common';

/** Throws when not ready; else gives figures to show. */
export type ReadinessCheck = () => Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;

/** Thrown by a readiness check, with figures that say why. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly figures: Readonly<Record<string, unknown>>;

  constructor(message: string, figures: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.figures = figures;
  }
}

/** What `/health/ready` asks. Whoever runs something that can stop adds its check here. */
@Injectable()
export class Readiness {
  readonly checks = new Map<string, ReadinessCheck>();
  /** True once the process is on its way out: it finishes what it has and wants nothing new. */
  stopping = false;

  add(name: string, check: ReadinessCheck): void {
    if (this.checks.has(name)) throw new TypeError(`there is a readiness check named ${name} already`);
    this.checks.set(name, check);
  }
}
