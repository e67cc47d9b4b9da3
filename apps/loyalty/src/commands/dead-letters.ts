import { UsageError, type CommandSpec } from '../command.ts';

export const deadLetters: CommandSpec = {
  name: 'dead-letters',
  description: 'records of the inbound Kafka topic that could not be recorded',
  commands: [
    {
      name: 'list',
      description: 'which there are, and why',
      options: [
        ['--state <state>', 'waiting, resubmitted or discarded', 'waiting'],
        ['--code <code>', 'only those with this reason'],
      ],
      run: async (_, __, options) => (await import('../dead-letters.ts')).listLetters(options),
    },
    {
      name: 'show <id>',
      description: 'one, with what was sent',
      run: async (_, [id = '']) => (await import('../dead-letters.ts')).showLetter(id),
    },
    {
      name: 'resubmit <id>',
      description: 'record it, once',
      options: [
        ['--document <file>', 'the corrected purchase document, in JSON; else as it was sent'],
        ['--by <who>', 'who says so: an opaque id', 'command line'],
      ],
      help: 'Exit code 1 when it is refused: it then goes on waiting, for the reason told.',
      run: async (_, [id = ''], { document, by }) =>
        (await import('../dead-letters.ts')).resubmitLetter({ id, file: document, by: String(by) }),
    },
    {
      name: 'discard <id>',
      description: 'give one up for ever; kept with the reason',
      options: [
        ['--reason <text>', 'why it may be left out'],
        ['--by <who>', 'who says so: an opaque id'],
      ],
      run: async (_, [id = ''], { reason, by }) => {
        if (typeof reason !== 'string' || typeof by !== 'string')
          throw new UsageError('--reason and --by are needed: a discard is kept with both');
        return (await import('../dead-letters.ts')).discardLetter({ id, reason, by });
      },
    },
  ],
};
