export type Options = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandResult {
  /** False: refused, or a check failed. @default true */
  readonly ok?: boolean;
  /** With --json: the one object on standard output. */
  readonly json: object;
  /** Without: what people read. */
  readonly text: string;
}

export interface CommandRun {
  readonly json: boolean;
}

/** One command. What it needs beyond its options it imports when it runs: `--help` must not load a database driver. */
export interface CommandSpec {
  /** With its arguments, as commander writes them: `import <file>`. */
  readonly name: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string, value?: string])[];
  /** Shown under its --help. */
  readonly help?: string;
  readonly commands?: readonly CommandSpec[];
  /** Gives nothing when the command keeps the process running. */
  readonly run?: (run: CommandRun, args: readonly string[], options: Options) => Promise<CommandResult | void>;
}

/** Thrown for arguments that parse but make no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
