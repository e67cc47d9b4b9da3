export { WEBHOOK_FOLLOWER } from './tokens.ts';
export { listWebhooks, type WebhookView } from './webhook-store.ts';
export { webhookOptions, WebhooksModule, type WebhooksModuleOptions } from './webhooks.module.ts';
export { webhooks } from './webhooks.ts';
