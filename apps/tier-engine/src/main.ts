import { startTelemetry } from '@loyalty/service/telemetry';

// Before anything that it patches is loaded.
await startTelemetry('tier-engine');
await import('./tier-engine.ts');
