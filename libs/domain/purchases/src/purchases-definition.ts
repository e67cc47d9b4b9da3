import { exactModel, type ServiceDefinition } from '@loyalty/projections';
import { checks } from './checks.ts';
import { returningMembers } from './projections/returning-members.ts';

export const purchasesMigrations = new URL('../migrations/', import.meta.url);

export const purchases: ServiceDefinition = {
  service: 'purchases',
  schema: 'purchases',
  migrations: purchasesMigrations,
  readModels: [exactModel('purchases', returningMembers)],
  checks,
};
