import { UsageError, type CommandSpec } from '../command.ts';
import { limitOption } from '../instant-option.ts';

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
    {
      name: 'entries',
      description: 'the ledger’s entries as a file for analysts and auditors',
      options: [
        [
          '--format <format>',
          'ndjson (one JSON object a line) or parquet (one row an entry, a column a bucket)',
          'ndjson',
        ],
        ['--out <file>', 'where to (default: entries.ndjson, entries.ndjson.gz or entries.parquet here)'],
        ['--gzip', 'compress NDJSON; a name that ends in .gz says the same'],
        ['--overwrite', 'replace the file if it is there'],
        ['--from <instant>', 'recorded at or after it'],
        ['--to <instant>', 'recorded before it'],
      ],
      help: [
        'By shard and position, in bounded memory, beside a running server. What is booked while it runs is of the next export.',
        'The file is there whole or not at all. Its SHA-256 and, by shard, the positions it covers and the chain’s hash at the last one are printed.',
      ].join('\n'),
      run: async (_, __, { format, out, gzip, overwrite, from, to }) => {
        const { EXPORT_FORMATS, exportEntries } = await import('../export/export-entries.ts');
        const known = EXPORT_FORMATS.find((each) => each === format);
        if (known === undefined) throw new UsageError(`--format ${format} is none of ${EXPORT_FORMATS.join(', ')}`);
        const limits = { from: limitOption('from', from), to: limitOption('to', to) };
        const file = typeof out === 'string' ? out : undefined;
        return exportEntries({
          format: known,
          out: file,
          gzip: gzip === true,
          overwrite: overwrite === true,
          ...limits,
        });
      },
    },
  ],
};
