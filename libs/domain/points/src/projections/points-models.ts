import type { ReadModelDefinition } from '@loyalty/projections';
import { accountStepsModel } from './account-steps.ts';
import { adjustmentRequestsModel } from './adjustment-requests.ts';
import { lotsModel } from './lots.ts';
import { reservationsModel } from './reservations.ts';
import { rewardPiecesModel } from './reward-pieces.ts';
import { rewardRedemptionsModel } from './reward-redemptions.ts';
import { termsModel } from './terms.ts';
import { transfersModel } from './transfers.ts';
import { walletsModel } from './wallets.ts';

/** The exact read models of the points log, in the order in which they are applied. */
export const pointsModels: readonly ReadModelDefinition[] = [
  lotsModel,
  walletsModel,
  termsModel,
  reservationsModel,
  transfersModel,
  rewardPiecesModel,
  rewardRedemptionsModel,
  adjustmentRequestsModel,
  accountStepsModel,
];
