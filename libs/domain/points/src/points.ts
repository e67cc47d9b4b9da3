import type { ServiceDefinition } from '@loyalty/projections';
import { accountChecks } from './account-checks.ts';
import { arrivalChecks } from './arrival-checks.ts';
import { balancedPostings } from './balanced-postings.ts';
import { pointsChecks } from './checks.ts';
import { POINTS_SCHEMA } from './points-writer.ts';
import { rewardChecks } from './reward-checks.ts';
import { pointsModels } from './projections/points-models.ts';

export const points: ServiceDefinition = {
  service: 'points',
  schema: POINTS_SCHEMA,
  migrations: new URL('../migrations/', import.meta.url),
  readModels: pointsModels,
  checks: [...pointsChecks, ...rewardChecks, ...accountChecks, ...arrivalChecks],
  eventCheck: balancedPostings,
};
