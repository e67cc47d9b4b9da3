import type { ConsumerPlace } from '@loyalty/event-log';
import type { BenchedLedger } from './pipeline.ts';

/** The services outside of this process, answering over HTTP: each as a process of its own over Kafka, or all in one without. */
export interface ApartLedger extends BenchedLedger {
  /** Where purchases go, and where points are asked for. */
  readonly urls: { readonly ingest: string; readonly points: string };
  readonly key: string;
  /** Who reads whom. */
  readonly consumers: readonly ConsumerPlace[];
  /** Imports an NDJSON file, waits for nobody and does nobody's work. */
  recordFile(file: string): Promise<void>;
  caughtUp(): Promise<void>;
  /** As an operator stops the points ledger, where it has a process of its own, and starts it again. */
  stopPoints(): Promise<void>;
  startPoints(): Promise<void>;
}

export function placeOf({ consumers }: ApartLedger, consumer: string, source: string): ConsumerPlace {
  const place = consumers.find((each) => each.consumer === consumer && each.source === source);
  if (place === undefined) throw new Error(`nobody called ${consumer} reads ${source}`);
  return place;
}
