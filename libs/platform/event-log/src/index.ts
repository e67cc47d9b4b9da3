export {
  startConsumer,
  type Consumer,
  type ConsumerOptions,
  type EffectBatch,
  type Effects,
  type ShardHealth,
  type ShardState,
} from './consumer.ts';
export { EmbeddedEventLog, type EmbeddedEventLogOptions } from './embedded/embedded-event-log.ts';
export { EventLogStrategy, Rethrow, type EventLogStrategyOptions } from './event-log-strategy.ts';
export { NearAndFar } from './near-and-far.ts';
export { eventOf, recordOf } from './kafka/event-record.ts';
export { KafkaEventLog, type KafkaEventLogOptions } from './kafka/kafka-event-log.ts';
export {
  openKafkaClient,
  type Feed,
  type KafkaClient,
  type KafkaClientName,
  type KafkaRecord,
  type KafkaSettings,
  type OffsetRange,
  type OutgoingRecord,
  type TopicDescription,
} from './kafka/kafka-client.ts';
export { ForeignTopic, type ForeignTopicOptions, type OwnedPartition } from './kafka/foreign-topic.ts';
export type { PartitionReader } from './kafka/kafka-reads.ts';
export { Relay, type RelayHealth, type RelayOptions } from './kafka/relay.ts';
export { faultOf, reasonOf, ShardStoppedError, type Fault } from './faults.ts';
export { backOffMs, realPacing, type Pacing } from './pacing.ts';
export {
  DISCARDED,
  discardParked,
  discardSubject,
  listParked,
  retryParked,
  type DiscardOptions,
  type ParkedEvent,
  type ParkedFilter,
  type RetryOptions,
  type RetryResult,
} from './parked.ts';
export {
  moveCheckpoint,
  moveCheckpoints,
  parkFailed,
  readCheckpoint,
  type CheckpointMove,
  type ParkingPlace,
  type ShardPlace,
} from './parking.ts';
export { createReactor, type ReactingWriter, type ReactorOptions } from './reactor.ts';
export {
  consumerStatus,
  endsOf,
  STALLED_MS,
  StalledError,
  waitUntilCaughtUp,
  type CatchUpOptions,
  type CatchUpProgress,
  type ConsumerPlace,
  type Heads,
  type ShardStatus,
} from './status.ts';
export type { Found, LogEnd, SourceLog, Stretch } from './source-log.ts';
export { translate, type Handler, type Handlers } from './translate.ts';
export type { Checkpoint, EventLogTransport, Follower, Following, OwnedShard, ShardReader } from './transport.ts';
