import { metrics } from '@opentelemetry/api';

// Without an SDK (no OTEL_* variable) these do nothing.
const meter = metrics.getMeter('loyalty.webhooks');
const attempts = meter.createCounter('loyalty.webhooks.attempts', {
  description: 'Attempts to deliver an event, by webhook and outcome',
});
const disabled = meter.createCounter('loyalty.webhooks.disabled', {
  description: 'Webhooks disabled because their receivers take nothing any more',
});

export function countAttempt(webhook: string, outcome: string): void {
  attempts.add(1, { webhook, outcome });
}

export function countDisabled(webhook: string, because: string): void {
  disabled.add(1, { webhook, because });
}
