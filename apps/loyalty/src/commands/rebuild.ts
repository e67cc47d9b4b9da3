import type { CommandSpec } from '../command.ts';

export const rebuild: CommandSpec = {
  name: 'rebuild <read-model>',
  description: 'build a read model anew from its log, compare, and swap it in while everything runs',
  options: [['--accept', 'swap although rows differ']],
  help: 'A read model is named <service>.<table>, or by its table alone where that is unique; `all` rebuilds every one. A run that was killed goes on where it was.',
  run: async (_, [name = ''], options) =>
    (await import('../rebuild-models.ts')).rebuildModels(name, options['accept'] === true),
};
