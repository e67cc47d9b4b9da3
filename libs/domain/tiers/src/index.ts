export { tiersChecks } from './checks.ts';
export type { OpenTier, TiersAnswer, TiersInput } from './core/commands.ts';
export { explainRating, type Explanation } from './explain-rating.ts';
export { programDocument } from './program/program-document.ts';
export { readProgram, type ProgramMistake, type ReadProgram } from './program/read-program.ts';
export {
  publishProgram,
  publishShippedPrograms,
  type PublishedVersion,
  type PublishOutcome,
} from './publish-program.ts';
export { ratingOfEvent, type RatingOfEvent } from './rating-of-event.ts';
export { loadPrograms, recordDefaultProgram } from './published-programs.ts';
export {
  describePrograms,
  readMemberTiers,
  stepAt,
  tiersChecksumRows,
  type MemberTiers,
  type TierStep,
} from './read-tiers.ts';
export { pendingReratings, Rerating, type PendingRerating } from './rerating.ts';
export { openTierWork, rerateWork, workOf } from './tiers-work.ts';
export { FALLBACK_PROGRAM, TIERS_SCHEMA } from './names.ts';
export { createTiersWriter, type TiersWriter, type TiersWriterOptions } from './tiers-writer.ts';
export { TiersModule } from './tiers.module.ts';
export { tiers } from './tiers.ts';
export { tiersReactors } from './tiers-reactors.ts';
export { PURCHASES_TO_TIERS, TIERS_WRITER } from './tokens.ts';
