import type { Server } from 'node:http';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Environment } from './environment.ts';
import { Readiness } from './readiness.ts';

const IDLE_CHECK_MS = 50;

/**
 * Nest stops listening and then waits for every connection. Kept-alive ones would let it wait for ever, so they are closed as
 * soon as they fall idle, and the rest when SHUTDOWN_SECONDS are over.
 */
@Injectable()
export class ConnectionCloser implements BeforeApplicationShutdown {
  private readonly host: HttpAdapterHost;
  private readonly environment: Environment;
  private readonly readiness: Readiness;

  constructor(host: HttpAdapterHost, environment: Environment, readiness: Readiness) {
    this.host = host;
    this.environment = environment;
    this.readiness = readiness;
  }

  beforeApplicationShutdown(): void {
    this.readiness.stopping = true;
    const server = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    if (!server?.listening) return;
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    const late = setTimeout(() => server.closeAllConnections(), this.environment.SHUTDOWN_SECONDS * 1000);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(late);
    });
  }
}
