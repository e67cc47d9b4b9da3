import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { BaseRpcContext, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { StoredEvent } from '@loyalty/kernel';
import { isObservable, lastValueFrom, throwError, type Observable } from 'rxjs';
import type { Consumer } from './consumer.ts';
import { createReactor, type ReactorOptions } from './reactor.ts';
import type { Handler, Handlers } from './translate.ts';

export interface EventLogStrategyOptions<Input> extends Omit<ReactorOptions<Input>, 'handlers'> {
  /** Named by each handler: `@EventPattern('purchase.recorded.v1', PURCHASES_TO_TIERS)`. One per consumer. */
  readonly transportId: symbol;
  /** Every type that must have a handler; a handler for any other type is a mistake too. */
  readonly requires: readonly string[];
}

/**
 * Hands what a handler threw to the transport unchanged; Nest would put "Internal server error" in its place, and parking and
 * retries need the real one. On every reactor: `@UseFilters(Rethrow)`.
 */
export class Rethrow implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
// Not in decorator syntax: Node runs this library from source (tests' child processes), and strips types only.
Catch()(Rethrow);

/**
 * One consumer of one source as a Nest microservice: methods with `@EventPattern(type, transportId)` get an array of events of that
 * type and answer with an equally long array of work or null. The transport underneath (embedded, Kafka) is an option.
 * `app.connectMicroservice({ strategy }, { inheritAppConfig: true })`, then `startAllMicroservices()`.
 */
export class EventLogStrategy<Input> extends Server implements CustomTransportStrategy {
  /** Failures reach the transport, which reports them; Nest need not log them as well. */
  override readonly propagatesEventHandlerErrors = true;
  private running: Consumer | null = null;

  private readonly options: EventLogStrategyOptions<Input>;

  constructor(options: EventLogStrategyOptions<Input>) {
    super();
    this.options = options;
    this.transportId = options.transportId;
  }

  /** Fails when a required type has no handler or two, or when a handler is for a type that is not required. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.running = await createReactor({ ...this.options, handlers: this.handlers() });
      callback();
    } catch (error) {
      callback(error);
    }
  }

  async close(): Promise<void> {
    await this.running?.close();
    this.running = null;
  }

  /** The running consumer, for health; null before `listen` and after `close`. */
  get consumer(): Consumer | null {
    return this.running;
  }

  /** What the reactor's methods make of events, for `retryParked`. */
  handlers(): Handlers<Input> {
    const { consumer, source, requires } = this.options;
    const bound = [...this.messageHandlers.keys()];
    const problems = [
      ...requires.filter((type) => !bound.includes(type)).map((type) => `nobody handles ${type}`),
      ...bound
        .filter((type) => !requires.includes(type))
        .map((type) => `${type} is handled but not among the required types`),
      ...bound
        .filter((type) => this.messageHandlers.get(type)?.next)
        .map((type) => `${type} is handled more than once`),
      ...bound
        .filter((type) => !this.messageHandlers.get(type)?.isEventHandler)
        .map((type) => `${type} needs @EventPattern, not @MessagePattern`),
    ];
    if (problems.length > 0) throw new Error(`${consumer} cannot follow ${source}: ${problems.join('; ')}`);
    return Object.fromEntries(bound.map((type) => [type, this.handler(type)]));
  }

  override on(): never {
    throw new Error('an event log has no events of its own to listen to: use health()');
  }

  override unwrap<T>(): T {
    return this.running as T;
  }

  private handler(type: string): Handler<Input> {
    const call = this.messageHandlers.get(type) as MessageHandler;
    return async (events: readonly StoredEvent[]) => {
      try {
        const answer: unknown = await call(events, new BaseRpcContext([type]));
        // With interceptors (and after a filter) Nest gives an Observable, else what the method returned.
        return (await (isObservable(answer) ? lastValueFrom(answer) : answer)) as Awaited<ReturnType<Handler<Input>>>;
      } catch (error) {
        throw unmasked(error, type);
      }
    };
  }
}

function unmasked(error: unknown, type: string): unknown {
  const masked = error as { status?: unknown; message?: unknown };
  if (error instanceof Error || masked?.status !== 'error') return error;
  return new Error(`the handler of ${type} failed, and Nest hid why: put @UseFilters(Rethrow) on its controller`);
}
