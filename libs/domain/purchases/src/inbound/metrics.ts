import { metrics } from '@opentelemetry/api';

// Without an SDK (no OTEL_* variable) these do nothing.
const meter = metrics.getMeter('loyalty.inbound');
const records = meter.createCounter('loyalty.inbound.records', {
  description: 'Records taken from the inbound topic, by outcome: recorded, duplicate or dead_letter',
});
const lost = meter.createCounter('loyalty.inbound.lost', {
  description: 'Offsets of the inbound topic that were deleted before they were read',
});

const waiting = meter.createObservableGauge('loyalty.dead_letters.waiting', {
  description: 'Dead letters that wait for people',
});

/** Has the gauge ask as often as it is read, until the function given back is called. */
export function watchWaiting(count: () => Promise<number>): () => void {
  const observe: Parameters<typeof waiting.addCallback>[0] = async (result) => result.observe(await count());
  waiting.addCallback(observe);
  return () => waiting.removeCallback(observe);
}

export function countRecords(recorded: number, duplicate: number, dead: number): void {
  records.add(recorded, { outcome: 'recorded' });
  records.add(duplicate, { outcome: 'duplicate' });
  records.add(dead, { outcome: 'dead_letter' });
}

export function countLost(offsets: number): void {
  lost.add(offsets);
}
