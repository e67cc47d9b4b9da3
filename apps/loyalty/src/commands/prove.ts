import { UsageError, type CommandSpec } from '../command.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const prove: CommandSpec = {
  name: 'prove [what] [member]',
  description:
    'a receipt that proves an event by itself: `prove <event id>`, `prove member <id>`, `prove --verify <file>`',
  options: [
    ['--out <file>', 'write the receipt there (default: standard output)'],
    [
      '--anchor <file>',
      'what `export anchors` wrote earlier: let the receipt hang on it, or hold the receipt against it',
    ],
    ['--service <service>', 'with `member`: whose log', 'points'],
    ['--verify <file>', 'check a receipt: needs the file and nothing else, neither database nor network'],
  ],
  help: 'What a receipt proves and what not: docs/concepts/proof.md. Exit code 1 when it proves nothing.',
  run: async (_, [what, member], { out, anchor, service, verify }) => {
    const anchorFile = typeof anchor === 'string' ? anchor : undefined;
    if (typeof verify === 'string') {
      if (what !== undefined || out !== undefined)
        throw new UsageError('--verify checks a receipt that is there; it takes no event and no --out');
      return (await import('../prove/check-proof.ts')).checkProof(verify, anchorFile);
    }
    const wanted = wantedBy(what, member, String(service));
    const { readAnchors } = await import('../verify/anchors-file.ts');
    const anchors = anchorFile === undefined ? undefined : await readAnchors(anchorFile);
    const { makeProof } = await import('../prove/make-proof.ts');
    return makeProof(wanted, { out: typeof out === 'string' ? out : undefined, anchors });
  },
};

function wantedBy(what: string | undefined, member: string | undefined, service: string) {
  if (what === 'member' && member !== undefined) return { by: 'subject', subject: member, service } as const;
  if (what !== undefined && member === undefined && UUID.test(what)) return { by: 'id', id: what } as const;
  throw new UsageError(
    'name an event by its id (a UUID, as entries show it), or `member <id>`, or a receipt with --verify',
  );
}
