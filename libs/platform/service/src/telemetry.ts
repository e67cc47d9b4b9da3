import { register } from 'node:module';
import type { WriterObserver } from './writer-spans.ts';

let observer: WriterObserver | undefined;
let stop: (() => Promise<void>) | undefined;

/** Whether any `OTEL_*` variable asks for traces or metrics. */
export function telemetryAsked(variables: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return Object.keys(variables).some((name) => name.startsWith('OTEL_')) && variables['OTEL_SDK_DISABLED'] !== 'true';
}

/**
 * Traces of HTTP, PostgreSQL and the writers' transactions, and metrics, as the `OTEL_*` variables say; nothing, at no cost, without them (loading
 * OpenTelemetry takes a second). Must resolve before Nest, Express or pg are imported: it patches them on the way in.
 * What is exported where is OpenTelemetry's own configuration: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER=console,
 * OTEL_METRICS_EXPORTER=prometheus with OTEL_EXPORTER_PROMETHEUS_PORT …
 */
export async function startTelemetry(service: string): Promise<void> {
  if (!telemetryAsked() || stop) return;
  // Only what is asked for: the SDK would otherwise send traces to localhost when only metrics are wanted.
  const wanted = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] === undefined ? 'none' : 'otlp';
  process.env['OTEL_TRACES_EXPORTER'] ??= wanted;
  process.env['OTEL_METRICS_EXPORTER'] ??= wanted;
  process.env['OTEL_LOGS_EXPORTER'] ??= 'none';
  process.env['OTEL_SERVICE_NAME'] ??= service;
  // Without this hook, what our own ESM code imports (node:http, kafkajs) stays unpatched.
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const [{ NodeSDK }, { HttpInstrumentation }, { PgInstrumentation }, { writerSpans }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-pg'),
    import('./writer-spans.ts'),
  ]);
  const sdk = new NodeSDK({
    instrumentations: [
      new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => request.url?.startsWith('/health') ?? false }),
      // Statements are fixed texts; their parameters may hold anything and stay out.
      new PgInstrumentation({ requireParentSpan: true, enhancedDatabaseReporting: false }),
    ],
  });
  sdk.start();
  observer = writerSpans();
  stop = () => sdk.shutdown();
}

/** What makes spans of a writer's transactions; undefined where nobody asked for telemetry. */
export function writerObserver(): WriterObserver | undefined {
  return observer;
}

/** Sends what is still in memory. Never fails: a collector that is gone must not keep a process from ending well. */
export async function stopTelemetry(): Promise<void> {
  await stop?.().catch(() => undefined);
  stop = undefined;
  observer = undefined;
}
