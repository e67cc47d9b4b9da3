import { installService, readEnvironment } from '@loyalty/service';
import { listWebhooks as pageOfWebhooks, webhooks, type WebhookView } from '@loyalty/webhooks';
import type { CommandResult } from './command.ts';
import { withDatabase } from './open-ledger.ts';
import { table } from './table.ts';

/** There are fewer than a page holds. */
const LIMIT = 500;

/** `loyalty webhooks list`. */
export function listWebhooks(): Promise<CommandResult> {
  return withDatabase(async ({ pool }) => {
    await installService(pool, webhooks, readEnvironment().LOG_SHARDS);
    const { items } = await pageOfWebhooks(pool, { limit: LIMIT });
    const rows = items.map((each) => [each.id, stateOf(each), each.deliveredAt ?? '', each.types.join(' '), each.url]);
    const text =
      items.length === 0 ? 'There are no webhooks.' : table(['id', 'state', 'delivered', 'types', 'url'], rows);
    return { json: { webhooks: items }, text };
  });
}

function stateOf({ enabled, disabledBecause, failures, failure, behind }: WebhookView): string {
  if (!enabled) return `disabled (${disabledBecause})`;
  if (failures > 0) return `failing: ${failure}`;
  return behind ? 'catching up' : 'ok';
}
