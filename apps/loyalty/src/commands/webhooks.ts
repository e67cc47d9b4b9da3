import type { CommandSpec } from '../command.ts';

export const webhooks: CommandSpec = {
  name: 'webhooks',
  description: 'where events are sent to',
  commands: [
    {
      name: 'list',
      description: 'every webhook and how its receiver does; never a secret',
      run: async () => (await import('../list-webhooks.ts')).listWebhooks(),
    },
  ],
};
