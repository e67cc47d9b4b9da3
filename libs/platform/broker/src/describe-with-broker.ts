import { findBroker } from './find-broker.ts';
import { kafkaJars } from './kafka-jars.ts';

/**
 * A suite against a broker of any kind, one for the whole spec file; awaited at its top level. Where none can be had the suite is
 * skipped, with the reason in its name and in a warning; with REQUIRE_KAFKA set it fails instead.
 */
export async function describeWithBroker(name: string, suite: (brokers: readonly string[]) => void): Promise<void> {
  const found = await findBroker();
  if (typeof found === 'string') return skip(name, found);
  describe(name, () => {
    afterAll(() => found.close());
    suite(found.brokers);
  });
}

/** The same for suites that start and break brokers of their own: these need Kafka's jars, so Java and Maven. */
export async function describeWithJars(name: string, suite: (jars: string) => void): Promise<void> {
  const jars = await kafkaJars().catch((error: unknown) => error as Error);
  if (jars instanceof Error) return skip(name, jars.message);
  describe(name, () => suite(jars));
}

function skip(name: string, reason: string): void {
  if (process.env['REQUIRE_KAFKA']) throw new Error(`REQUIRE_KAFKA is set, and there is no Kafka: ${reason}`);
  console.warn(`NOT TESTED without Kafka: ${name}. Reason: ${reason}`);
  describe.skip(`${name}, NOT TESTED: ${reason}`, () => {
    it('needs Kafka', () => undefined);
  });
}
