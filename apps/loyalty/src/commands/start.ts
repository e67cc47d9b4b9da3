import type { CommandSpec } from '../command.ts';

export const start: CommandSpec = {
  name: 'start',
  description: 'run all five services; the first start loads demonstration data',
  help: 'Settings come from environment variables: docs/reference/environment.md lists them.',
  run: async () => {
    const { startAll } = await import('../start-all.ts');
    await startAll();
  },
};
