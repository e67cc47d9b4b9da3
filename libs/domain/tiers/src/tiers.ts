import type { ServiceDefinition } from '@loyalty/projections';
import { tiersChecks } from './checks.ts';
import { programsModel } from './projections/programs.ts';
import { ratedDocumentsModel } from './projections/rated-documents.ts';
import { tierCoursesModel } from './projections/tier-courses.ts';
import { TIERS_SCHEMA } from './names.ts';

export const tiers: ServiceDefinition = {
  service: 'tiers',
  schema: TIERS_SCHEMA,
  migrations: new URL('../migrations/', import.meta.url),
  readModels: [programsModel, tierCoursesModel, ratedDocumentsModel],
  checks: tiersChecks,
  views: new URL('../views.sql', import.meta.url),
};
