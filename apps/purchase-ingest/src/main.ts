import { startTelemetry } from '@loyalty/service/telemetry';

// Before anything that it patches is loaded.
await startTelemetry('purchase-ingest');
await import('./purchase-ingest.ts');
