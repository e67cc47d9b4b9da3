import { Command, CommanderError } from 'commander';
import { commands } from './commands/index.ts';
import type { CommandSpec, Options } from './command.ts';
import { exitCodeOf, failureText } from './failure.ts';
import { print } from './print.ts';

const BAD_USAGE = 2;

/** Runs one command and gives its exit code: 0 done, 1 refused or a check failed, 2 bad usage. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let code = 0;
  const json = args.includes('--json');
  const program = new Command('loyalty')
    .description('Loyalty Ledger: purchases become points, tiers, feedback and answers.')
    .showHelpAfterError('(see --help)')
    .configureOutput({ outputError: (text, write) => write(json ? '' : text), writeOut: (text) => void print(text) })
    .exitOverride();
  for (const spec of commands) addTo(program, spec, (result) => (code = result));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (json) await print(JSON.stringify({ error: error.message }));
    return BAD_USAGE;
  }
}

function addTo(parent: Command, spec: CommandSpec, done: (code: number) => void): void {
  const command = parent.command(spec.name).description(spec.description).copyInheritedSettings(parent);
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
      const told = result ? await print(json ? JSON.stringify(result.json) : result.text) : true;
      done(result?.ok === false || !told ? 1 : 0);
    } catch (error) {
      if (json) await print(JSON.stringify({ error: failureText(error) }));
      else process.stderr.write(`${failureText(error)}\n`);
      done(exitCodeOf(error));
    }
  });
}
