import { boundMemory } from '@loyalty/service/bound-memory';
import { startTelemetry } from '@loyalty/service/telemetry';

boundMemory();
// Before anything that it patches is loaded.
await startTelemetry('points-ledger');
await import('./points-ledger.ts');
