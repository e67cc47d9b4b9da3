import type { CommandSpec } from '../command.ts';
import { instantOption } from '../instant-option.ts';

export const verify: CommandSpec = {
  name: 'verify',
  description: 'prove that logs, read models and balances agree',
  options: [
    ['--at <instant>', 'the instant at which functions of time are asked (default: now)'],
    ['--anchor <file>', 'heads kept elsewhere by `export anchors`: proves that the past before them is untouched'],
  ],
  help: 'Waits until every consumer has reached the heads seen at the start. Exit code 1 when a check fails.',
  run: async (_, __, options) => {
    const at = instantOption(options['at']);
    const { readAnchors } = await import('../verify/anchors-file.ts');
    const anchors = typeof options['anchor'] === 'string' ? await readAnchors(options['anchor']) : [];
    const { verifyLedger } = await import('../verify/verify-ledger.ts');
    return verifyLedger(at, anchors);
  },
};
