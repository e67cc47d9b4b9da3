import type { ServiceDefinition } from '@loyalty/projections';
import { pointsChecks } from './checks.ts';
import { POINTS_SCHEMA } from './points-writer.ts';
import { lotsModel } from './projections/lots.ts';
import { reservationsModel } from './projections/reservations.ts';
import { termsModel } from './projections/terms.ts';
import { transfersModel } from './projections/transfers.ts';
import { walletsModel } from './projections/wallets.ts';

export const points: ServiceDefinition = {
  service: 'points',
  schema: POINTS_SCHEMA,
  migrations: new URL('../migrations/', import.meta.url),
  readModels: [lotsModel, walletsModel, termsModel, reservationsModel, transfersModel],
  checks: pointsChecks,
};
