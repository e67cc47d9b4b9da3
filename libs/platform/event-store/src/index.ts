export type {
  DecideContext,
  Decider,
  Decision,
  Depth,
  ExactModel,
  IdempotencyKey,
  SubjectRef,
  Work,
} from './decider.ts';
