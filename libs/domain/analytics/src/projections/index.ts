import { feedbackAnswers } from './feedback-answers.ts';
import { pointsLots } from './points-lots.ts';
import { pointsMoves } from './points-moves.ts';
import { salesDocuments } from './sales-documents.ts';
import { salesMatches } from './sales-matches.ts';
import { tierCourses } from './tier-courses.ts';

/** Every read model of analytics: one a table. */
export const readModels = [
  salesDocuments,
  salesMatches,
  pointsLots,
  pointsMoves,
  tierCourses,
  feedbackAnswers,
] as const;
