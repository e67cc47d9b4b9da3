import { UsageError, type CommandSpec } from '../command.ts';

const filters: CommandSpec['options'] = [
  ['--service <service>', 'only this service’s; transfers: only what members sent each other'],
  ['--member <subject>', 'only this member’s'],
];

export const parked: CommandSpec = {
  name: 'parked',
  description: 'events that a service could not apply',
  commands: [
    {
      name: 'list',
      description: 'what is parked, and why',
      options: filters,
      run: async (_, __, options) => (await import('../parked.ts')).listAll(options),
    },
    {
      name: 'retry',
      description: 'try them again, each member’s in order',
      options: filters,
      run: async (_, __, options) => (await import('../parked.ts')).retryAll(options),
    },
    {
      name: 'discard <service> <source> <shard> <position>',
      description: 'give one up for ever; recorded with the reason',
      options: [
        ['--reason <text>', 'why it may be left out'],
        ['--by <who>', 'who says so: an opaque id'],
      ],
      run: async (_, [service = '', source = '', shard = '', position = ''], { reason, by }) => {
        if (typeof reason !== 'string' || typeof by !== 'string')
          throw new UsageError('--reason and --by are needed: a discard is recorded with both');
        if (!/^\d+$/.test(shard) || !/^\d+$/.test(position))
          throw new UsageError('shard and position are whole numbers, as `parked list` shows them');
        const { discardOne } = await import('../parked.ts');
        return discardOne({ service, source, shard: Number(shard), position: Number(position), reason, by });
      },
    },
  ],
};
