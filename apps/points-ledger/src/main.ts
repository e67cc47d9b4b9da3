import { startTelemetry } from '@loyalty/service/telemetry';

// Before anything that it patches is loaded.
await startTelemetry('points-ledger');
await import('./points-ledger.ts');
