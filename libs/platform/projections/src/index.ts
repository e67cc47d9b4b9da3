export { defineProjection, exactModel, type ReadModelDefinition } from './read-model.ts';
export type { ServiceDefinition } from './service-definition.ts';
