import { startTelemetry } from '@loyalty/service/telemetry';

// Before anything that it patches is loaded.
await startTelemetry('analytics');
await import('./analytics.ts');
