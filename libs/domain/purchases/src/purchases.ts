import { exactModel, type ServiceDefinition } from '@loyalty/projections';
import { purchasesChecks } from './checks.ts';
import { deadLetterCheck } from './dead-letters/dead-letter-check.ts';
import { returningMembers } from './projections/returning-members.ts';
import { SCHEMA } from './purchases-schema.ts';

export const purchases: ServiceDefinition = {
  service: 'purchases',
  schema: SCHEMA,
  migrations: new URL('../migrations/', import.meta.url),
  readModels: [exactModel('purchases', returningMembers)],
  checks: [...purchasesChecks, deadLetterCheck],
};
