import { Injectable } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** What Nest tells about its own start, two lines a route: of interest to those who debug it. */
const OF_NEST = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

/** Nest's logger on pino, with the framework's own chatter a level lower. */
@Injectable()
export class AppLogger extends Logger {
  override log(message: unknown, ...parameters: unknown[]): void {
    const context: unknown = parameters.at(-1);
    if (typeof context === 'string' && OF_NEST.has(context)) super.debug(message, ...parameters);
    else super.log(message, ...parameters);
  }
}
