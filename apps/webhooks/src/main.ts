import { startTelemetry } from '@loyalty/service/telemetry';

// Before anything that it patches is loaded.
await startTelemetry('webhooks');
await import('./webhooks.ts');
