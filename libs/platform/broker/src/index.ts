export { describeWithBroker, describeWithJars } from './describe-with-broker.ts';
export { findBroker, type BrokerOptions, type FoundBroker } from './find-broker.ts';
export { freePorts } from './free-ports.ts';
export { kafkaJars } from './kafka-jars.ts';
export { LocalBroker, type LocalBrokerOptions } from './local-broker.ts';
export { Proxy } from './proxy.ts';
