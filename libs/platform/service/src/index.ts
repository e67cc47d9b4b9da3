import 'reflect-metadata';
export { toHttp, HttpAnswer, type Answered } from './http-answer.ts';
export {
  decodeCursor,
  encodeCursor,
  invalidCursor,
  pageOf,
  PAGE_LIMIT,
  type CursorKind,
  type CursorPart,
  type Page,
} from './cursor.ts';
export { Described, named, Operation, type OperationNotes, type Shape } from './documented.ts';
export { PageQuery } from './page.dto.ts';
export { jsonOfBytes, readRaw } from './read-body.ts';
export { inTime } from './in-time.ts';
export { kafkaSettings } from './kafka-settings.ts';
export { RareMessages } from './rare-messages.ts';
export {
  BadInputError,
  BodyTooLargeError,
  ConflictError,
  ForbiddenError,
  NotFoundError,
  ProblemError,
  RefusalError,
  TooManyRequestsError,
  UnauthenticatedError,
  UnavailableError,
  type FieldProblem,
  type Problem,
} from './problem.ts';
export { problemOf } from './problem-of.ts';
export { holds, Public, Scopes, type Scope } from './scopes.ts';
export { assertBody, escapeSegment, fieldProblems, zodProblems } from './validation.ts';
export { ApiKeys, fixedKeys, KeyNameTakenError, type ApiKey, type ApiKeyRecord, type KeyStore } from './api-keys.ts';
export { environmentVariables, type VariableNotes } from './environment-variable.ts';
export { Environment } from './environment.ts';
export { createHttpApp, type HttpAppOptions } from './http-app.ts';
export { createLogger } from './logging.ts';
export { EnvironmentError, readEnvironment } from './read-environment.ts';
export { NotReadyError, Readiness, type ReadinessCheck } from './readiness.ts';
export { ServiceModule, type ServiceOptions } from './service.module.ts';
export { endBySignal } from './end-by-signal.ts';
export { openApiDocument } from './open-api-document.ts';
export { installService } from './install-service.ts';
export { assertHere, PartAwayError } from './parts-here.ts';
export { openProcessDatabase } from './process-database.ts';
export { createRuntime, type Runtime, type RuntimeOptions } from './runtime.ts';
export type { LogFollower, ReactorRoute, ServicePart } from './service-part.ts';
export { writerOptions } from './writer-options.ts';
export { serve, serveOnly, type PartsFor, type Served } from './serve.ts';
export { FileFaultError } from './files/file-fault.ts';
export { fileSize, readChunks, type ReadOptions } from './files/read-chunks.ts';
export { readCsv, type CsvFile, type CsvOptions, type CsvRow } from './files/read-csv.ts';
export { LONGEST_LINE, readLines, type LineFault, type TextBlock } from './files/read-lines.ts';
export { readNdjson, type JsonLine } from './files/read-ndjson.ts';
export {
  checkColumns,
  openingLots,
  openingTiers,
  readTable,
  type TableColumns,
  type TableRow,
} from './files/read-table.ts';
