import { openLotWork, type PointsWriter } from '@loyalty/points';
import { openingLots } from '@loyalty/service';
import type { FileImport } from './file-import.ts';
import { importOpenings } from './import-openings.ts';
import { instant, member, wholePoints } from './opening-rows.ts';

/** Balances: one lot a row. */
const lots: FileImport = (runtime, options) =>
  importOpenings({
    ...options,
    columns: openingLots,
    writer: runtime.writer('points') as PointsWriter,
    toWork: (row) => {
      const earnedAt = instant('earned_at', row.earned_at);
      return openLotWork(member(row.member), {
        program: row.program,
        points: wholePoints('points', row.points),
        earnedAt,
        activeFrom: row.active_from === undefined ? earnedAt : instant('active_from', row.active_from),
        expiresAt: row.expires_at === undefined ? null : instant('expires_at', row.expires_at),
        reference: row.reference,
      });
    },
  });

/** Imports of what an earlier system knew, by the name of their preset. */
export const openings: ReadonlyMap<string, FileImport> = new Map([['opening-lots', lots]]);
