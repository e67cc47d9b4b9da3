import { SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { writerSpans } from './writer-spans.ts';

const exporter = new InMemorySpanExporter();
const processor = new SimpleSpanProcessor({ exporter });
const sdk = new NodeSDK({ spanProcessors: [processor], instrumentations: [], autoDetectResources: false });
beforeAll(() => sdk.start());
beforeEach(() => exporter.reset());
afterAll(() => sdk.shutdown());

const batch = (...traces: (string | undefined)[]) => ({
  service: 'points',
  commands: 2,
  sourceEvents: 3,
  traces: new Set(traces.filter((each) => each !== undefined)),
});
const committed = { shards: [1, 4], events: 5, refused: 1, committed: true };
const spans = () => processor.forceFlush().then(() => exporter.getFinishedSpans());

it('a transaction is a span of its own, linked to the requests in it, with PostgreSQL below it', async () => {
  const { traceparent, commit } = writerSpans();
  const tracer = trace.getTracer('spec');
  await tracer.startActiveSpan('request', async (request) => {
    await commit(batch(traceparent(), 'nonsense'), () => {
      tracer.startSpan('pg.query').end();
      return Promise.resolve(committed);
    });
    request.end();
  });
  const [query, batched, request] = await spans();
  expect(batched).toMatchObject({
    name: 'points commit',
    attributes: {
      'loyalty.commands': 2,
      'loyalty.source_events': 3,
      'loyalty.shards': [1, 4],
      'loyalty.events': 5,
      'loyalty.refused': 1,
      'loyalty.committed': true,
    },
  });
  expect(batched?.parentSpanContext).toBeUndefined();
  expect(batched?.links.map(({ context }) => context.spanId)).toEqual([request?.spanContext().spanId]);
  expect(query?.parentSpanContext?.spanId).toBe(batched?.spanContext().spanId);
  expect(batched?.spanContext().traceId).not.toBe(request?.spanContext().traceId);
});

it('says what it failed of, and lets the failure through', async () => {
  const { traceparent, commit } = writerSpans();
  expect(traceparent()).toBeUndefined();
  await expect(commit(batch(), () => Promise.reject(new Error('deadlock')))).rejects.toThrow('deadlock');
  expect((await spans())[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'deadlock' });
});
