import { UsageError, type CommandSpec } from '../command.ts';

export const importCommand: CommandSpec = {
  name: 'import <file>',
  description: 'take in a file of purchases and returns, or of opening balances or tiers',
  options: [
    ['--mapping <file>', 'how the columns of a CSV become purchases'],
    ['--preset <name>', 'a mapping that comes along: standard, online-retail; or opening-lots, opening-tiers'],
    ['--rejections <file>', 'write every rejected row there too, one JSON object a line'],
  ],
  help: [
    'Files: CSV, or NDJSON (one purchase document a line) where neither --mapping nor --preset is given; .gz of either; any size.',
    'A file may be sent again: what is recorded counts as duplicate, nothing is recorded twice. After a crash the same command resumes.',
    'Waits until all services have caught up. Exit code 1 when the file or the database broke off.',
  ].join('\n'),
  run: async (_, [file = ''], { mapping, preset, rejections }) => {
    if (mapping !== undefined && preset !== undefined) throw new UsageError('--mapping and --preset: give one of them');
    const { runImport } = await import('../import/run-import.ts');
    return runImport(file, {
      mapping: text(mapping),
      preset: text(preset),
      rejections: text(rejections),
    });
  },
};

function text(option: string | boolean | undefined): string | undefined {
  return typeof option === 'string' ? option : undefined;
}
