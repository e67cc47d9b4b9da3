import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exampleLetters, takeStep } from '@loyalty/purchases';
import { createLogger, createRuntime, readEnvironment, type Runtime } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { missing, NO_CONTENT, operationsOf, type DescribedOperation } from './api-document.fixture.ts';
import { STORY, type Step } from './api-story.fixture.ts';
import { caughtUp } from './caught-up.ts';
import { differences } from './like-example.fixture.ts';
import { parts } from './parts.ts';

const TITLE = 'examples';
const RECEIVER = 'https://crm.example.com';
const begun = Date.now();
const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(204).end());
});
let database: TestDatabase;
let runtime: Runtime;
let url: string;
let receiverUrl: string;
let operations: DescribedOperation[];
const keys = new Map<string, string>();
/** What each operation answered last, for steps that need what the server made. */
const told = new Map<string, unknown>();
const seen = new Set<string>();
/** Something was written that not all read models show yet. */
let behind = false;

interface Told {
  readonly status: number;
  readonly body: unknown;
}

beforeAll(async () => {
  database = await testDatabase();
  const environment = readEnvironment({
    DATABASE_URL: database.url,
    REPORTING_ZONE: 'Asia/Shanghai',
    WEBHOOK_PRIVATE_TARGETS: 'true',
  });
  const logger = await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, TITLE);
  runtime = await createRuntime({ environment, logger, title: TITLE, parts: parts(environment) });
  for (const name of ['kim', 'lee']) keys.set(name, await runtime.keys.create(name, ['*']));
  await runtime.start();
  const place = { topic: 'purchases.inbound', topicId: randomUUID(), partition: 3 };
  await takeStep(runtime.database.pool, place, { letters: exampleLetters, next: 43, lost: 0 });
  await runtime.app.listen(0, '127.0.0.1');
  url = await runtime.app.getUrl();
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const { body } = await ask('GET', '/docs/openapi.json');
  operations = operationsOf(body as Parameters<typeof operationsOf>[0]);
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await runtime.close();
  await database.close();
});

/** The receiver of the examples exists in them only: this machine's stands in for it, both ways. */
async function ask(
  method: string,
  path: string,
  more: { body?: unknown; headers?: object; by?: string } = {},
): Promise<Told> {
  const body = more.body === undefined ? null : JSON.stringify(more.body).replaceAll(RECEIVER, receiverUrl);
  const headers = {
    authorization: `Bearer ${keys.get(more.by ?? 'kim')}`,
    ...(body !== null && { 'content-type': 'application/json' }),
    ...more.headers,
  };
  const response = await fetch(url + path, { method, headers, body });
  const text = (await response.text()).replaceAll(receiverUrl, RECEIVER);
  const { status } = response;
  return {
    status,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Sends the document's own example. */
function send({ method, path, parameters, bodies }: DescribedOperation, step: Step): Promise<Told> {
  const made = step.made?.((id) => told.get(id)) ?? {};
  const values = parameters
    .filter(({ required }) => required)
    .map(({ name, in: place, example }) => ({ name, place, value: String(made[name] ?? example) }));
  const placed = values.reduce(
    (text, { name, value }) => text.replace(`{${name}}`, encodeURIComponent(value)),
    path + (step.query ?? ''),
  );
  const headers = Object.fromEntries(
    values.filter(({ place }) => place === 'header').map(({ name, value }) => [name, value]),
  );
  return ask(method, placed, {
    body: bodies[step.example ?? 'example']?.value,
    headers,
    ...(step.by && { by: step.by }),
  });
}

/** Asks again while what the answer waits for goes on beside it. */
async function sendUntil(operation: DescribedOperation, step: Step): Promise<Told> {
  for (;;) {
    const answer = await send(operation, step);
    if (step.until?.(answer.body) ?? true) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function check({ id, answers }: DescribedOperation, step: Step, answer: Told, status: number): void {
  expect([answer.status, answer.body]).toEqual([status, answer.body]);
  const examples = answers.get(status) ?? {};
  const { value } = examples[step.example ?? 'example'] ?? examples['example'] ?? {};
  seen.add(`${id} answers ${status}`).add(`${id} takes ${step.example ?? 'example'}`);
  if (status !== NO_CONTENT && !step.again) expect(differences(answer.body, value, begun)).toEqual([]);
}

it('are there for every parameter that must be given, every body and every answer', () => {
  expect(operations.flatMap(missing)).toEqual([]);
});

it('name no parameter twice', () => {
  for (const { id, parameters } of operations) {
    const names = parameters.map(({ in: place, name }) => `${id} ${place} ${name.toLowerCase()}`);
    expect(names).toEqual([...new Set(names)]);
  }
});

describe('the story', () => {
  it.each(STORY.map((step) => [[step.operation, step.example].filter(Boolean).join(' '), step] as const))(
    '%s',
    async (_, step) => {
      const operation = operations.find(({ id }) => id === step.operation)!;
      const { method, answers } = operation;
      if (method === 'GET' && behind) await caughtUp(runtime);
      behind = method !== 'GET';
      const statuses = [...answers.keys()];
      const answer = await sendUntil(operation, step);
      told.set(operation.id, answer.body);
      check(operation, step, answer, step.status ?? (statuses.includes(201) ? 201 : statuses[0]!));
      // What makes something can be sent again.
      if (answer.status === 201 && statuses.includes(200)) check(operation, step, await send(operation, step), 200);
    },
  );

  it('tells of every operation, with every answer and every body that it describes', () => {
    const described = operations.flatMap(({ id, answers, bodies }) => [
      ...[...answers.keys()].map((status) => `${id} answers ${status}`),
      ...Object.keys(bodies).map((name) => `${id} takes ${name}`),
    ]);
    expect(described.filter((each) => !seen.has(each))).toEqual([]);
  });
});

it('of parameters that may be left out are taken as well', async () => {
  const asked = operations.flatMap((operation) =>
    operation.parameters
      .filter(({ in: place, example }) => place === 'query' && example !== undefined)
      .map(({ name, example }) => ({ operation, query: `?${name}=${encodeURIComponent(example!)}` })),
  );
  for (const { operation, query } of asked) {
    const step = STORY.find((each) => each.operation === operation.id)!;
    const { status, body } = await send(operation, { ...step, query });
    expect([operation.id, query, status, body]).toEqual([operation.id, query, 200, body]);
  }
});
