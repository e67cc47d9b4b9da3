import type { Check, EventCheck } from '@loyalty/database';
import type { ReadModelDefinition } from './read-model.ts';

/** What a service is made of, for everything that treats all services alike: migrations, verify, rebuild, status. */
export interface ServiceDefinition {
  /** `purchases`, `tiers`, `points`, `feedback`, `analytics`: the `source` of its events. */
  readonly service: string;
  /** PostgreSQL schema that holds its log and tables. */
  readonly schema: string;
  /** Folder of numbered `.sql` files. */
  readonly migrations: URL;
  readonly readModels: readonly ReadModelDefinition[];
  /** What `loyalty verify` runs for this service. */
  readonly checks: readonly Check[];
  /** And over each event, while the chain is verified. */
  readonly eventCheck?: EventCheck;
  /**
   * SQL file (`{schema}` placeholder) that creates every view of the service, each with `DROP VIEW IF EXISTS … ; CREATE VIEW …`
   * in an order that respects dependencies. Run after the migrations and again after a rebuilt table was swapped in.
   */
  readonly views?: URL;
}
