import type { CommandSpec } from '../command.ts';

export const start: CommandSpec = {
  name: 'start',
  description: 'run all services; the first start loads demonstration data',
  options: [
    [
      '--kafka',
      'each service as a process of its own, over Kafka: that of KAFKA_BROKERS, a container, or from its jars. No demonstration data',
    ],
  ],
  help: 'Settings come from environment variables: docs/reference/environment.md lists them. With --kafka the services take PORT and the ports after it.',
  run: async (_, __, options) => {
    if (options['kafka'] === true) {
      const { startApart } = await import('../apart/start-apart.ts');
      return startApart();
    }
    const { startAll } = await import('../start-all.ts');
    await startAll();
  },
};
