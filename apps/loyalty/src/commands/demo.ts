import type { CommandSpec } from '../command.ts';
import { instantOption, numberOption } from '../instant-option.ts';

export const demo: CommandSpec = {
  name: 'demo',
  description: 'make up a retailer and load it: purchases, returns, late tills, complaints, redemptions',
  options: [
    ['--members <n>', 'members', '700'],
    ['--months <n>', 'months of history', '14'],
    ['--seed <n>', 'another seed, another retailer', '1'],
    ['--until <instant>', 'where the history ends (default: now)'],
  ],
  help: 'The same options make the same retailer: loaded a second time, everything is a duplicate.',
  run: async ({ json }, _, options) => {
    const size = {
      members: numberOption('members', options['members'], 1, 1_000_000),
      months: numberOption('months', options['months'], 1, 120),
      seed: numberOption('seed', options['seed'], 0, 4_294_967_295),
      until: instantOption(options['until']),
    };
    const { runDemo } = await import('../demo/run-demo.ts');
    return runDemo(size, json);
  },
};
