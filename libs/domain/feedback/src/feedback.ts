import type { ServiceDefinition } from '@loyalty/projections';
import { feedbackChecks } from './checks.ts';
import { FEEDBACK_SCHEMA } from './feedback-writer.ts';
import { casesModel } from './projections/cases.ts';

export const feedback: ServiceDefinition = {
  service: 'feedback',
  schema: FEEDBACK_SCHEMA,
  migrations: new URL('../migrations/', import.meta.url),
  readModels: [casesModel],
  checks: feedbackChecks,
};
