export type { CaseDetail, CaseStep, SealedText } from './case-history.ts';
export { findCase, listCases, type CaseFilter, type CaseSummary } from './case-list.ts';
export { feedbackChecks } from './checks.ts';
export { caseOfAnswer, subjectOfAnswer } from './core/case.ts';
export type { CaseCommand, FeedbackAnswer, FeedbackCommand, RecordAnswer } from './core/command.ts';
export { feedbackDecider } from './feedback-decider.ts';
export { answerWork, caseWork } from './feedback-work.ts';
export {
  createFeedbackWriter,
  FEEDBACK_SCHEMA,
  type FeedbackWriter,
  type FeedbackWriterOptions,
} from './feedback-writer.ts';
export { FeedbackModule } from './feedback.module.ts';
export { feedback } from './feedback.ts';
export { FEEDBACK_WRITER } from './tokens.ts';
