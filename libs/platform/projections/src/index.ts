export { installProjections } from './install.ts';
export { defineProjection, exactModel, type ReadModelDefinition } from './read-model.ts';
export type { Difference } from './rebuild/compare.ts';
export { rebuild, type RebuildOptions, type RebuildProgress, type RebuildResult } from './rebuild/rebuild.ts';
export { runProjections, type RunProjectionsOptions } from './run-projections.ts';
export type { ServiceDefinition } from './service-definition.ts';
export { statementOf } from './statement.ts';
