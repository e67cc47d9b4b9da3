import type { CommandSpec } from '../command.ts';

export const bench: CommandSpec = {
  name: 'bench',
  description: 'measure the figures, each beside its baseline, on a database of its own',
  options: [['--only <names>', 'these rows only, separated by commas']],
  help: 'Takes minutes and leaves nothing behind. Exit code 1 when a goal is missed.',
  run: async (_, __, { only }) => {
    const { runBench } = await import('../bench/run-bench.ts');
    return runBench(typeof only === 'string' ? only.split(',') : undefined);
  },
};
