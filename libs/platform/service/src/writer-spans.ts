import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import type { WriterOptions } from '@loyalty/event-store';

export type WriterObserver = NonNullable<WriterOptions<unknown, unknown, unknown>['observer']>;
type Batch = Parameters<WriterObserver['commit']>[0];
type Committed = Awaited<ReturnType<WriterObserver['commit']>>;

/**
 * A span for every transaction of a writer, `<service> commit`. It belongs to many requests at once, so it is a trace of its own,
 * linked to theirs, and what it asks of PostgreSQL is its child.
 */
export function writerSpans(): WriterObserver {
  const tracer = trace.getTracer('@loyalty/event-store');
  return {
    traceparent() {
      const active = trace.getActiveSpan()?.spanContext();
      if (!active || !isSpanContextValid(active)) return undefined;
      return `00-${active.traceId}-${active.spanId}-${active.traceFlags.toString(16).padStart(2, '0')}`;
    },
    async commit(batch, run) {
      const { service, commands, sourceEvents } = batch;
      const attributes = { 'loyalty.commands': commands, 'loyalty.source_events': sourceEvents };
      const span = tracer.startSpan(`${service} commit`, { root: true, links: linksOf(batch), attributes });
      try {
        const committed = await context.with(trace.setSpan(ROOT_CONTEXT, span), run);
        tell(span, committed);
        return committed;
      } catch (error) {
        span.recordException(error as Error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

function tell(span: Span, { shards, events, refused, committed }: Committed): void {
  span.setAttributes({
    'loyalty.shards': [...shards],
    'loyalty.events': events,
    'loyalty.refused': refused,
    'loyalty.committed': committed,
  });
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function linksOf({ traces }: Batch): Link[] {
  return [...traces].flatMap((text) => {
    const [, traceId = '', spanId = '', flags = '0'] = TRACEPARENT.exec(text) ?? [];
    const asked: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
    return isSpanContextValid(asked) ? [{ context: asked }] : [];
  });
}
