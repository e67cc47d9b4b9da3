import type { EpochMs } from '@loyalty/kernel';
import type { ProgramVersion } from './program.ts';

/** Every published program version, and which of them counts for what. */
export class Programs {
  /** The program of sources that no version claims. */
  readonly fallback: string;
  private readonly byProgram = new Map<string, ProgramVersion[]>();
  /** Programs that some version of theirs makes the default of a source, by source. */
  private readonly claims = new Map<string, string[]>();

  constructor(versions: Iterable<ProgramVersion>, fallback: string) {
    this.fallback = fallback;
    for (const version of versions) {
      const known = this.byProgram.get(version.program);
      if (known) known.push(version);
      else this.byProgram.set(version.program, [version]);
      for (const source of version.sources) {
        const claimants = this.claims.get(source) ?? [];
        if (!claimants.includes(version.program)) this.claims.set(source, [...claimants, version.program].sort());
      }
    }
    for (const known of this.byProgram.values()) known.sort((a, b) => a.effectiveFrom - b.effectiveFrom);
  }

  get all(): readonly ProgramVersion[] {
    return [...this.byProgram.values()].flat();
  }

  /** A program's versions by effectiveFrom; empty where it is unknown. */
  versionsOf(program: string): readonly ProgramVersion[] {
    return this.byProgram.get(program) ?? [];
  }

  inForce(program: string, at: EpochMs): ProgramVersion | null {
    const versions = this.versionsOf(program);
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i] as ProgramVersion;
      if (version.effectiveFrom <= at) return version;
    }
    return null;
  }

  /**
   * The program of a document: the one it names, else the one whose version in force at its time claims its source
   * (several: the first by name), else the fallback. A function of the set of versions, not of when they came.
   */
  of(source: string, named: string | undefined, at: EpochMs): string {
    if (named !== undefined) return named;
    for (const program of this.claims.get(source) ?? []) {
      if (this.inForce(program, at)?.sources.includes(source)) return program;
    }
    return this.fallback;
  }
}
