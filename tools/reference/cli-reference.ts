import type { Pages } from '../generate.ts';

/** A command as the application defines it. */
interface DocumentedCommand {
  readonly name: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string, value?: string])[];
  readonly help?: string;
  readonly commands?: readonly DocumentedCommand[];
  readonly run?: unknown;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
const optionRow = ([flags, description, value]: readonly [string, string, string?]): string =>
  `| \`${cell(flags)}\` | ${cell(description)}${value === undefined ? '' : ` (default \`${value}\`)`} |`;

function section(
  { name, description, options = [], help, commands = [], run }: DocumentedCommand,
  path: string,
): string[] {
  const full = `${path} ${name}`;
  const rows = options.map(optionRow);
  const own = [
    `## \`${full}\``,
    sentence(description),
    ...(run !== undefined && rows.length > 0 ? [['| option | |', '|---|---|', ...rows].join('\n')] : []),
    ...(help === undefined ? [] : [`\`\`\`\n${help.trimEnd()}\n\`\`\``]),
  ];
  return [...own, ...commands.flatMap((sub) => section(sub, full))];
}

/** Every command with its options, as the command line itself defines them. */
export function cliReference(commands: readonly DocumentedCommand[]): Pages {
  const head = [
    '# Command line',
    'Run `npx loyalty <command>` in the repository. Every command takes `--json`: one object on standard output, everything ' +
      'else on standard error. Exit codes: 0 done, 1 refused or a check failed, 2 wrong usage.',
  ];
  const parts = commands.flatMap((command) => section(command, 'loyalty'));
  return new Map([['cli.md', `${[...head, ...parts].join('\n\n')}\n`]]);
}
