import 'reflect-metadata';
import { freePorts } from '@loyalty/broker';
import { openDatabase } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase } from '@loyalty/testing';
import { installForTests } from '../purchases.fixture.ts';
import { PurchasesModule } from '../purchases.module.ts';
import { purchase, until } from './inbound.fixture.ts';

it.each(['kafkajs', 'platformatic'] as const)(
  'a service whose inbound broker is away starts, records, says what it waits for, and ends at once: %s',
  async (client) => {
    const copy = await testDatabase({ name: 'purchases', prepare: installForTests });
    const database = await openDatabase({ url: copy.url, name: 'broker away spec', max: 8 });
    const [port] = await freePorts(1);
    const settings = async () => ({ brokers: [`127.0.0.1:${port}`], clientId: 'inbound' });
    const inbound = { client, settings, topic: 'purchases.inbound', deadLetterTopic: 'purchases.dead-letters' };
    const app = await createHttpApp({
      title: 'Test',
      modules: [PurchasesModule.forRoot({ validate: true, inbound })],
      environment: readEnvironment({}),
      database,
      keys: fixedKeys({ shop: ['*'] }),
      logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const headers = { authorization: 'Bearer shop', 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/purchases`, { method: 'POST', headers, body: JSON.stringify(purchase('a')) });
    expect(answer.status).toBe(201);
    await until(async () => {
      const { status, details } = (await (await fetch(`${url}/health/ready`)).json()) as {
        status: string;
        details: Record<string, { status: string; waiting?: string }>;
      };
      expect(status).toBe('ok');
      return details['inbound purchases']?.waiting?.includes('ECONNREFUSED') ?? false;
    });
    const asked = performance.now();
    await app.close();
    expect(performance.now() - asked).toBeLessThan(5_000);
    await database.close();
    await copy.close();
  },
);
