import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import type { KeyStore } from './api-keys.ts';
import { AppLogger } from './app-logger.ts';
import { authenticate } from './authenticate.ts';
import { documentation } from './documentation.ts';
import { limitRate } from './limit-rate.ts';
import { requestLogger } from './logging.ts';
import { readBody } from './read-body.ts';
import { ServiceModule, type ServiceOptions } from './service.module.ts';

export interface HttpAppOptions extends ServiceOptions {
  readonly modules: readonly (DynamicModule | Type)[];
  readonly keys: KeyStore;
  /** Heads the API's description. */
  readonly title: string;
}

/** A request must have arrived whole within this time, or it is cut off: slow senders hold no connection. */
const REQUEST_TIMEOUT_MS = 60_000;

@Module({})
class HttpRoot {}

/**
 * An HTTP application around domain modules, ready to `listen`. Order of what a request meets: its id and log line,
 * security headers, its key, its key's share, only then its body.
 */
export async function createHttpApp({
  modules,
  keys,
  title,
  ...service
}: HttpAppOptions): Promise<NestExpressApplication> {
  const { environment, logger } = service;
  const root: DynamicModule = { module: HttpRoot, imports: [ServiceModule.forRoot(service), ...modules] };
  const app = await NestFactory.create<NestExpressApplication>(root, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(app.get(AppLogger));
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(requestLogger(logger));
  app.use(helmet({ hsts: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } })); // TLS is the proxy's
  app.use(authenticate(keys, (path) => path === '/health' || path.startsWith('/health/')));
  app.use(await limitRate(environment.RATE_LIMIT));
  if (environment.API_DOCS) app.use('/docs', documentation(app, title));
  app.use(readBody(environment.BODY_LIMIT_MB));
  app.getHttpServer().requestTimeout = REQUEST_TIMEOUT_MS;
  return app;
}
