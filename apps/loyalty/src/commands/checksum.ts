import type { CommandSpec } from '../command.ts';
import { instantOption } from '../instant-option.ts';

export const checksum: CommandSpec = {
  name: 'checksum',
  description: 'one number over the meaning of the ledger: members, lots, balances, tiers',
  options: [['--at <instant>', 'at this instant (default: now)']],
  help: 'Two ledgers that were told the same facts, in any order and by any door, have the same. Ids and recorded times do not count.',
  run: async (_, __, options) => {
    const at = instantOption(options['at']);
    const { checksumLedger } = await import('../checksum-ledger.ts');
    return checksumLedger(at);
  },
};
