import type { Argument, Command, Option } from 'commander';
import type { Pages } from '../generate.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const initial = (value: unknown): string => (value === undefined ? '' : ` (default \`${JSON.stringify(value)}\`)`);

function table(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : [[`| ${title} | |`, '|---|---|', ...rows].join('\n')];
}

function optionRow({ flags, description, defaultValue, argChoices }: Option): string {
  const choices = argChoices ? ` One of: ${argChoices.join(', ')}.` : '';
  return `| \`${cell(flags)}\` | ${cell(description + choices)}${initial(defaultValue)} |`;
}

const argumentRow = (argument: Argument): string =>
  `| \`${argument.name()}\` | ${cell(argument.description)}${initial(argument.defaultValue)} |`;

function section(command: Command, path: string): string[] {
  const name = `${path} ${command.name()}`.trim();
  const subcommands = command.commands.filter((sub) => sub.name() !== 'help');
  const own = [
    `## \`${name}\``,
    command.description(),
    ...(subcommands.length > 0 ? [] : [`\`\`\`\n${name} ${command.usage()}\n\`\`\``]),
    ...table('argument', command.registeredArguments.map(argumentRow)),
    ...table('option', command.options.filter((option) => !option.hidden).map(optionRow)),
  ];
  return [...own.filter(Boolean), ...subcommands.flatMap((sub) => section(sub, name))];
}

/** Every command with its arguments and options, as the command line itself defines them. */
export function cliReference(program: Command): Pages {
  const head =
    '# Command line\n\nRun `npx loyalty <command>` in the repository. Exit codes: 0 done, 1 refused or a check failed, 2 wrong usage.';
  return new Map([['cli.md', `${[head, ...section(program, '')].join('\n\n')}\n`]]);
}
