import { openLotWork, type PointsWriter } from '@loyalty/points';
import { openingLots, openingTiers } from '@loyalty/service';
import { openTierWork, type TiersWriter } from '@loyalty/tiers';
import type { FileImport } from './file-import.ts';
import { importOpenings } from './import-openings.ts';
import { instant, member, name, pastInstant, wholePoints } from './opening-rows.ts';

/** Balances: one lot a row. The ledger must have heard of the programs that are published, or it refuses their rows. */
const lots: FileImport = async (runtime, options) => {
  await runtime.caughtUp();
  return importOpenings({
    ...options,
    columns: openingLots,
    writer: runtime.writer('points') as PointsWriter,
    toWork: (row) => {
      const earnedAt = pastInstant('earned_at', row.earned_at);
      return openLotWork(member(row.member), {
        program: name('program', row.program),
        points: wholePoints('points', row.points),
        earnedAt,
        activeFrom: row.active_from === undefined ? earnedAt : instant('active_from', row.active_from),
        expiresAt: row.expires_at === undefined ? null : instant('expires_at', row.expires_at),
        reference: name('reference', row.reference),
      });
    },
  });
};

/** Tiers: one member and program a row. */
const tiers: FileImport = (runtime, options) =>
  importOpenings({
    ...options,
    columns: openingTiers,
    writer: runtime.writer('tiers') as TiersWriter,
    toWork: (row) =>
      openTierWork(member(row.member), {
        program: name('program', row.program),
        tier: name('tier', row.tier),
        since: pastInstant('since', row.since),
        keepUntil: instant('keep_until', row.keep_until),
        reference: name('reference', row.reference),
      }),
  });

/** Imports of what an earlier system knew, by the name of their preset. */
export const openings: ReadonlyMap<string, FileImport> = new Map([
  ['opening-lots', lots],
  ['opening-tiers', tiers],
]);
