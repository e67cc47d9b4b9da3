import type { CommandSpec } from '../command.ts';

export const exportCommand: CommandSpec = {
  name: 'export',
  description: 'take things out',
  commands: [
    {
      name: 'anchors [file]',
      description: 'the end of every log with its hash, to be kept where nobody can change it',
      help: 'Later, `loyalty verify --anchor <file>` proves that nothing before it was changed.',
      run: async (_, [file]) => (await import('../export-anchors.ts')).exportAnchors(file),
    },
  ],
};
