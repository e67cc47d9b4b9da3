import { UsageError, type CommandSpec } from '../command.ts';
import { durationOption } from '../duration-option.ts';

export const importCommand: CommandSpec = {
  name: 'import <file>',
  description: 'take in a file of purchases and returns, or of opening balances or tiers',
  options: [
    ['--mapping <file>', 'how the columns of a CSV become purchases'],
    ['--preset <name>', 'a mapping that comes along: standard, online-retail; or opening-lots, opening-tiers'],
    ['--rejections <file>', 'write every rejected row there too, one JSON object a line'],
    ['--patience <duration>', 'how long to wait for a database that does not answer: 90s, 2m, 12h', '2m'],
  ],
  help: [
    'Files: CSV, or NDJSON (one purchase document a line) where neither --mapping nor --preset is given; .gz of either; any size.',
    'A file may be sent again: what is recorded counts as duplicate, nothing is recorded twice. After a crash the same command resumes.',
    'Waits until all services have caught up. Exit code 1 when the file or the database broke off; the same command then resumes.',
  ].join('\n'),
  run: async (_, [file = ''], { mapping, preset, rejections, patience }) => {
    if (mapping !== undefined && preset !== undefined) throw new UsageError('--mapping and --preset: give one of them');
    const patience_ms = durationOption('patience', patience);
    const { runImport } = await import('../import/run-import.ts');
    return runImport(file, {
      mapping: text(mapping),
      preset: text(preset),
      rejections: text(rejections),
      patience_ms,
    });
  },
};

function text(option: string | boolean | undefined): string | undefined {
  return typeof option === 'string' ? option : undefined;
}
