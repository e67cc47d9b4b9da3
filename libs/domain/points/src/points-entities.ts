import { LotRow } from './lot.entity.ts';
import { WalletRow } from './wallet.entity.ts';

/** What `openDatabase` must be given as `entities` wherever points are asked over HTTP. */
export const pointsEntities = [LotRow, WalletRow] as const;
