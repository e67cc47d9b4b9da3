import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loyalty, loyaltyJson, temporaryHome, type Spawned } from './process.fixture.ts';

let home: string;
let remove: () => Promise<void>;
let receiver: ReturnType<typeof createServer>;
let hooks: string;
let take: (id: string, body: string, response: ServerResponse) => void;

beforeAll(async () => {
  ({ home, remove } = await temporaryHome());
  receiver = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => take(String(request.headers['webhook-id']), body, response));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  hooks = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await remove();
});

const variables = { PORT: '0', LOYALTY_DEMO: 'false', WEBHOOK_PRIVATE_TARGETS: 'true' };

async function started(): Promise<{ server: Spawned; url: string }> {
  const server = loyalty(['start'], home, variables);
  const [, url = ''] = await server.line(/^ready (\S+)$/m);
  return { server, url };
}

async function post(url: string, key: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'one' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.arrayBuffer();
  return response.status;
}

it('a process killed in the middle of a delivery delivers again under the same id, and then the member’s next event', async () => {
  const first = await started();
  const { result } = await loyaltyJson<{ key: string }>(['key', 'create', 'hooks'], home, variables);
  const { key } = result;
  expect(await post(`${first.url}/v1/webhooks`, key, { id: 'crm', url: hooks, types: ['feedback.*', 'case.*'] })).toBe(
    201,
  );
  // It gets the message, and never answers.
  const begun = new Promise<string>((resolve) => (take = resolve));
  const answer = {
    id: 'survey-1',
    member: 'm-1',
    kind: 'nps',
    score: 2,
    comment: 'Kaffee kalt',
    at: '2026-06-06T10:00:00Z',
  };
  expect(await post(`${first.url}/v1/feedback`, key, answer)).toBe(201);
  const id = await begun;
  first.server.child.kill('SIGKILL');
  await first.server.ended();

  const got: { id: string; body: string }[] = [];
  const both = new Promise<void>((resolve) => {
    take = (each, body, response) => {
      got.push({ id: each, body });
      response.writeHead(204).end();
      if (got.length === 2) resolve();
    };
  });
  const second = await started();
  // The claim of the process that died ends after half a minute.
  await both;
  expect(got.map((each) => (JSON.parse(each.body) as { type: string }).type)).toEqual([
    'feedback.answered.v1',
    'case.opened.v1',
  ]);
  expect(got[0]?.id).toBe(id);
  // What the customer wrote is sealed and leaves in no form.
  expect(got.map(({ body }) => body).join()).not.toMatch(/Kaffee|sealed|comment/);
  const { result: listed } = await loyaltyJson<{ webhooks: { id: string }[] }>(['webhooks', 'list'], home, variables);
  expect(listed.webhooks).toMatchObject([{ id: 'crm', enabled: true, failures: 0 }]);
  expect(first.server.out.stderr + second.server.out.stderr).not.toContain('whsec_');
  second.server.child.kill('SIGTERM');
  await second.server.ended();
}, 120_000);
