export type {
  DecideContext,
  Decider,
  Decision,
  Depth,
  ExactModel,
  IdempotencyKey,
  StateKeeping,
  SubjectRef,
  Work,
} from './decider.ts';
export { installEventStore, readLog, type LogIdentity, type LogOptions } from './install.ts';
export { commitChannel, senderOf } from './notifier.ts';
export {
  CheckpointMovedError,
  ClockBehindError,
  PoisonError,
  QueueFullError,
  StoreUnavailableError,
  WriterClosedError,
  type ListedOutcome,
  type Outcome,
} from './outcome.ts';
export { BlockMaker, type BlockMakerOptions } from './proof/block-maker.ts';
export { closeBlocks, type Closing } from './proof/close-blocks.ts';
export { BlocksBehindError } from './proof/log-tree.ts';
export {
  BeyondTreeError,
  makeReceipt,
  treeAnchors,
  UnknownEventError,
  type Receipt,
  type ReceiptEntry,
  type ReceiptOptions,
} from './proof/make-receipt.ts';
export { findEvent, readHeads, readShard, readSubject, readSubjects, type Head } from './read.ts';
export { ERASED, openSealed, type SealedField } from './sealing.ts';
export {
  anchorsOf,
  verifyChain,
  type Anchor,
  type ChainOptions,
  type ChainProblem,
  type ChainResult,
} from './verify-chain.ts';
export { verifyLog, type LogChainOptions } from './verify-log.ts';
export {
  createWriter,
  type BroadcastOptions,
  type CommitListener,
  type EventContracts,
  type SourceBatch,
  type SourceWork,
  type Writer,
  type WriterOptions,
} from './writer.ts';
