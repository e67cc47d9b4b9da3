import { escapeSegment } from '@loyalty/service';

/** One value that the log and a second run do not agree about. What one of them does not have is left out. */
export interface RatingDifference {
  /** JSON pointer: `/purchases/<program>/…` or `/returns/<program>/…`. */
  readonly pointer: string;
  readonly standing?: unknown;
  readonly recomputed?: unknown;
}

/** Where two JSON values differ, as deep as they can be followed, in the order of `standing`. */
export function ratingDifferences(standing: unknown, recomputed: unknown, pointer = ''): RatingDifference[] {
  if (isTree(standing) && isTree(recomputed) && Array.isArray(standing) === Array.isArray(recomputed)) {
    const keys = new Set([...Object.keys(standing), ...Object.keys(recomputed)]);
    return [...keys].flatMap((key) =>
      ratingDifferences(standing[key], recomputed[key], `${pointer}/${escapeSegment(key)}`),
    );
  }
  if (Object.is(standing, recomputed)) return [];
  return [
    {
      pointer,
      ...(standing !== undefined && { standing }),
      ...(recomputed !== undefined && { recomputed }),
    },
  ];
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
