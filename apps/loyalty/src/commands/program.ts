import type { CommandSpec } from '../command.ts';

export const program: CommandSpec = {
  name: 'program',
  description: 'loyalty programs: publish, validate, list',
  commands: [
    {
      name: 'publish <file>',
      description: 'publish a version; it takes effect at its own date, in the past too',
      help: 'Waits until what it changes for the past is corrected. The same file again changes nothing.',
      run: async (_, [file = '']) => (await import('../programs.ts')).publish(file),
    },
    {
      name: 'validate <file>',
      description: 'tell every mistake in a program file, with its line',
      run: async (_, [file = '']) => (await import('../programs.ts')).validate(file),
    },
    {
      name: 'list',
      description: 'versions published, and which are in force',
      options: [['--at <instant>', 'in force at this instant (default: now)']],
      run: async (_, __, options) => {
        const { instantOption } = await import('../instant-option.ts');
        return (await import('../programs.ts')).list(instantOption(options['at']));
      },
    },
  ],
};
