import { UsageError, type CommandSpec } from '../command.ts';

export const codes: CommandSpec = {
  name: 'codes <file>',
  description: 'put single-use codes into the pool of a reward',
  options: [
    ['--program <name>', 'the program that has the reward'],
    ['--reward <id>', 'the reward, with `codes: pool` in the program file'],
    ['--format <format>', 'csv or ndjson; by the name of the file if left out'],
  ],
  help: [
    'Files: CSV with the column "code", or NDJSON (a string or {"code": "…"} a line); .gz of either; any size.',
    'A file may be sent again: codes that are there count as duplicates. No code gets into two pools of a program.',
    'Exit code 1 when a line was rejected or the file could not be read to its end.',
  ].join('\n'),
  run: async (_, [file = ''], { program, reward, format }) => {
    if (typeof program !== 'string' || typeof reward !== 'string')
      throw new UsageError('--program and --reward: say whose codes these are');
    const chosen = format ?? (/\.(ndjson|jsonl)(\.gz)?$/i.test(file) ? 'ndjson' : 'csv');
    if (chosen !== 'csv' && chosen !== 'ndjson') throw new UsageError('--format: csv or ndjson');
    return (await import('../upload-codes.ts')).uploadCodesFile(file, { program, reward }, chosen);
  },
};
