import type { CommandSpec } from '../command.ts';
import { instantOption } from '../instant-option.ts';

export const sweep: CommandSpec = {
  name: 'sweep',
  description: 'write entries for what is already true by the clock: expired points, repaid debts',
  options: [['--at <instant>', 'up to this instant, not beyond now (default: now)']],
  help: 'No balance at any instant changes by it; it only saves readers the arithmetic. A running server does it by itself.',
  run: async (_, __, options) => {
    const at = Math.min(instantOption(options['at']), Date.now());
    const { sweepLedger } = await import('../sweep-ledger.ts');
    return sweepLedger(at);
  },
};
