import type { DynamicModule, InjectionToken } from '@nestjs/common';
import type { DatabaseOptions } from '@loyalty/database';
import type { ConsumerPlace, EventLogTransport } from '@loyalty/event-log';
import type { ServiceDefinition } from '@loyalty/projections';

/** Which log a reactor's methods follow. */
export interface ReactorRoute {
  /** Named by each of its methods: `@EventPattern('purchase.recorded.v1', PURCHASES_TO_TIERS)`. */
  readonly transportId: symbol;
  /** Who reads: heads its checkpoints. */
  readonly consumer: string;
  /** The service whose log is read. */
  readonly source: string;
  /** Every event type that must have a method, and none besides. */
  readonly requires: readonly string[];
}

/** Follows logs with effects of its own: neither a reactor (it writes no log) nor a read model (it cannot be rebuilt). */
export interface LogFollower {
  /** The services whose logs are read. */
  readonly sources: readonly string[];
  /** `places` are those of the sources, in their order. */
  start(transport: EventLogTransport, places: readonly ConsumerPlace[]): Promise<void>;
  close(): Promise<void>;
}

/** One service as a process runs it. */
export interface ServicePart {
  readonly definition: ServiceDefinition;
  readonly module: DynamicModule;
  /** Under which the module provides its writer; absent where a service writes no log (analytics). */
  readonly writer?: InjectionToken;
  readonly reactors: readonly ReactorRoute[];
  /** Under which the module provides its LogFollower, where it has one. It looks after its own health. */
  readonly follower?: InjectionToken;
  /** Classes that TypeORM maps to its views. */
  readonly entities?: DatabaseOptions['entities'];
}
