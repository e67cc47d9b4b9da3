import { serveOnly } from '@loyalty/service';
import { WEBHOOK_FOLLOWER, webhookOptions, webhooks, WebhooksModule } from '@loyalty/webhooks';

await serveOnly('webhooks', (environment) => [
  {
    definition: webhooks,
    module: WebhooksModule.forRoot(webhookOptions(environment)),
    reactors: [],
    follower: WEBHOOK_FOLLOWER,
  },
]);
