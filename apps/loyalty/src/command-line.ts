import { Command, CommanderError } from 'commander';
import { commands } from './commands/index.ts';
import type { CommandSpec, Options } from './command.ts';
import { exitCodeOf, failureText } from './failure.ts';

const BAD_USAGE = 2;

/** Runs one command and gives its exit code: 0 done, 1 refused or a check failed, 2 bad usage. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('loyalty')
    .description('Loyalty Ledger: purchases become points, tiers, feedback and answers.')
    .showHelpAfterError('(see --help)')
    .exitOverride();
  for (const spec of commands) addTo(program, spec, (result) => (code = result));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : BAD_USAGE;
  }
}

function addTo(parent: Command, spec: CommandSpec, done: (code: number) => void): void {
  const command = parent.command(spec.name).description(spec.description).exitOverride();
  command.showHelpAfterError('(see --help)');
  for (const sub of spec.commands ?? []) addTo(command, sub, done);
  const { run } = spec;
  if (!run) return;
  for (const [flags, description, value] of spec.options ?? []) command.option(flags, description, value);
  command.option('--json', 'one object on standard output, everything else on standard error');
  if (spec.help !== undefined) command.addHelpText('after', `\n${spec.help}`);
  command.action(async (...given: unknown[]) => {
    const options = given.at(-2) as Options;
    const json = options['json'] === true;
    try {
      const result = await run({ json }, given.slice(0, -2) as string[], options);
      if (result) {
        const text = json ? JSON.stringify(result.json) : result.text;
        process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
      }
      done(result?.ok === false ? 1 : 0);
    } catch (error) {
      if (json) process.stdout.write(`${JSON.stringify({ error: failureText(error) })}\n`);
      else process.stderr.write(`${failureText(error)}\n`);
      done(exitCodeOf(error));
    }
  });
}
