export {
  boolArray,
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  jsonArray,
  textArray,
  timestamptzArray,
  timestamptzArrayFromMs,
  uuidArray,
} from './binary-array.ts';
export type { Check, CheckResult, EventCheck } from './check.ts';
export { copyOut } from './copy-out.ts';
export { CopyRows } from './copy-rows.ts';
export { startEmbedded, type Embedded, type EmbeddedOptions } from './embedded.ts';
export { migrate, MigrationChangedError } from './migrate.ts';
export { DATABASE, openDatabase, type Database, type DatabaseOptions } from './open-database.ts';
export { createPool, poolConfig, type PoolOptions } from './pool.ts';
export { transaction } from './transaction.ts';
export { parseTimestamptz, typeParsers } from './type-parsers.ts';
export { fire, type Shot, type Statement } from './volley.ts';
