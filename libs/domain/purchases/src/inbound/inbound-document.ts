import type { KafkaRecord } from '@loyalty/event-log';
import { BadInputError, jsonOfBytes } from '@loyalty/service';
import type { Document } from '../core/document.ts';
import { parseDocument } from '../core/parse-document.ts';
import { problem, told, type Problem } from '../core/problem.ts';

/** `sent` is the document as the retailer wrote it, without what was around it. */
export type InboundDocument =
  | { readonly ok: true; readonly document: Document; readonly sent: unknown }
  | { readonly ok: false; readonly problem: Problem };

/** What of a record says which document it holds. */
export interface RecordContent {
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Of CloudEvents' binding to Kafka: in binary mode the attributes are headers, and the value is the data. */
const VERSION_HEADER = 'ce_specversion';
const VERSION = '1.0';

export function contentOf({ value, headers }: KafkaRecord): RecordContent {
  return { value, headers: headers() };
}

/**
 * The document of a record: plain JSON as over HTTP, or a CloudEvent 1.0 around it, in structured JSON mode or in binary mode. What
 * the event's type and other attributes say does not matter. Codes and texts are those that HTTP answers with.
 */
export function inboundDocument({ value, headers }: RecordContent): InboundDocument {
  if (value === null || value.length === 0)
    return refused(problem('', 'no_value', 'The record has no value: send a purchase document in JSON.'));
  try {
    const sent = jsonOfBytes(value);
    const version = headers[VERSION_HEADER];
    if (version !== undefined) return version === VERSION ? checked(sent) : refused(otherVersion(version));
    return isCloudEvent(sent) ? dataOf(sent) : checked(sent);
  } catch (error) {
    if (!(error instanceof BadInputError)) throw error;
    return refused(problem('', error.code, error.message));
  }
}

interface CloudEvent {
  readonly specversion: unknown;
  readonly data?: unknown;
  readonly data_base64?: unknown;
}

/** No purchase document has a field of this name. */
function isCloudEvent(sent: unknown): sent is CloudEvent {
  return typeof sent === 'object' && sent !== null && 'specversion' in sent;
}

function dataOf({ specversion, data, data_base64: bytes }: CloudEvent): InboundDocument {
  if (specversion !== VERSION) return refused(otherVersion(specversion));
  if (typeof bytes === 'string') return checked(jsonOfBytes(Buffer.from(bytes, 'base64')));
  if (data !== undefined) return checked(data);
  return refused(problem('/data', 'no_data', 'The CloudEvent has no data: put the purchase document there.'));
}

function checked(sent: unknown): InboundDocument {
  const parsed = parseDocument(sent);
  if (parsed.ok) return { ...parsed, sent };
  return refused(told(parsed.problems));
}

function otherVersion(version: unknown): Problem {
  const message = `The CloudEvent is of version ${JSON.stringify(version)?.slice(0, 20)}: send ${VERSION}.`;
  return problem('/specversion', 'unknown_specversion', message);
}

function refused(found: Problem): InboundDocument {
  return { ok: false, problem: found };
}
