import 'reflect-metadata';
import { Body, Controller, Get, Module, Post, Query } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Database } from '@loyalty/database';
import { Type } from 'class-transformer';
import { IsInt, IsString, Min, ValidateNested } from 'class-validator';
import { fixedKeys } from './api-keys.ts';
import { Described, Operation } from './documented.ts';
import { createHttpApp } from './http-app.ts';
import { toHttp } from './http-answer.ts';
import { createLogger } from './logging.ts';
import { PageQuery } from './page.dto.ts';
import type { Problem } from './problem.ts';
import { readEnvironment } from './read-environment.ts';
import { Readiness } from './readiness.ts';
import { Scopes } from './scopes.ts';

class Line {
  @IsInt()
  @Min(1)
  quantity!: number;
}

class Basket {
  @Described('Who buys', 'm-1')
  @IsString()
  member!: string;

  @ValidateNested({ each: true })
  @Type(() => Line)
  lines!: Line[];
}

class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

@Controller('v1/baskets')
@Scopes('baskets:write')
class BasketController {
  @Post()
  @Operation({ summary: 'Record a basket', answers: { 201: { description: 'Recorded', shape: Basket } } })
  record(@Body() basket: Basket) {
    if (basket.member === 'full') throw new QueueFullError('busy');
    if (basket.member === 'broken') throw new Error('secret inside');
    if (basket.member === 'taken') return toHttp({ kind: 'conflict' });
    if (basket.member === 'poor') {
      const refusal = { code: 'insufficient_points', message: 'Too few.', pointer: '/lines', details: { missing: 3 } };
      return toHttp({ kind: 'refused', refusal });
    }
    const position = { shard: 3, position: 7 };
    return toHttp({
      kind: 'accepted',
      answer: { member: basket.member },
      position,
      replayed: basket.member === 'again',
    });
  }

  @Get()
  @Scopes('baskets:read')
  list(@Query() query: PageQuery) {
    return { limit: query.limit };
  }

  @Get('unscoped')
  @Scopes()
  unscoped() {
    return {};
  }
}

@Controller('v1/forgotten')
class ForgottenController {
  @Get()
  get() {
    return {};
  }
}

@Module({ controllers: [BasketController, ForgottenController] })
class BasketModule {}

const KEYS = { writer: ['baskets:write'], area: ['baskets:*'], all: ['*'] };
let app: NestExpressApplication;
let url: string;
let databaseDown = false;

beforeAll(async () => {
  const query = () => (databaseDown ? Promise.reject(new Error('gone')) : Promise.resolve({ rows: [] }));
  app = await createHttpApp({
    title: 'Test',
    modules: [BasketModule],
    environment: readEnvironment({ BODY_LIMIT_MB: '1' }),
    database: { pool: { query } } as unknown as Database,
    keys: fixedKeys(KEYS),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(() => app.close());

function ask(path: string, init: RequestInit & { key?: string } = {}): Promise<Response> {
  const { key = 'all', headers, ...rest } = init;
  const sent = { ...(key && { authorization: `Bearer ${key}` }), ...(headers as Record<string, string>) };
  return fetch(url + path, { ...rest, headers: sent });
}

function post(body: unknown, key = 'writer'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask('/v1/baskets', { method: 'POST', body: text, key, headers: { 'content-type': 'application/json' } });
}

async function problem(response: Promise<Response>): Promise<Problem> {
  const answer = await response;
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = (await answer.json()) as Problem;
  expect(body.status).toBe(answer.status);
  expect(body.request).toBe(answer.headers.get('x-request-id'));
  return body;
}

const basket = (member: string) => ({ member, lines: [{ quantity: 1 }] });

describe('keys and scopes', () => {
  it('answers nothing but health without a key', async () => {
    for (const path of ['/v1/baskets', '/docs', '/docs/openapi.json', '/docs/swagger-ui.css', '/nowhere']) {
      expect(await problem(ask(path, { key: '' }))).toMatchObject({ status: 401, code: 'unauthenticated' });
    }
    expect((await ask('/health/live', { key: '' })).status).toBe(200);
    expect((await ask('/health/ready', { key: '' })).status).toBe(200);
  });

  it('refuses a key that it does not know', async () => {
    expect(await problem(ask('/v1/baskets', { key: 'nope' }))).toMatchObject({ code: 'unauthenticated' });
  });

  it('takes a key as bearer, as X-Api-Key and, for browsers, as a password', async () => {
    const basic = `Basic ${Buffer.from('anyone:all').toString('base64')}`;
    expect((await ask('/v1/baskets', { key: '', headers: { 'x-api-key': 'area' } })).status).toBe(200);
    expect((await ask('/v1/baskets', { key: '', headers: { authorization: basic } })).status).toBe(200);
  });

  it('refuses a key without the scope, and grants a whole area', async () => {
    expect(await problem(ask('/v1/baskets', { key: 'writer' }))).toMatchObject({ status: 403, code: 'scope_missing' });
    expect((await ask('/v1/baskets', { key: 'area' })).status).toBe(200);
  });

  it('keeps a handler whose scopes were forgotten for keys that may do everything', async () => {
    expect(await problem(ask('/v1/forgotten', { key: 'area' }))).toMatchObject({ code: 'scope_missing' });
    expect((await ask('/v1/forgotten', { key: 'all' })).status).toBe(200);
  });
});

describe('answers', () => {
  it('gives 201 when done now, and 200 when it had been done before', async () => {
    const first = await post(basket('m'));
    const again = await post(basket('again'));
    expect([first.status, first.headers.get('loyalty-position'), await first.json()]).toEqual([
      201,
      '3/7',
      { member: 'm' },
    ]);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
  });

  it('tells a refusal, a conflict and a full queue apart', async () => {
    expect(await problem(post(basket('poor')))).toMatchObject({
      type: 'urn:loyalty:problem:insufficient_points',
      status: 422,
      code: 'insufficient_points',
      errors: [{ pointer: '/lines' }],
      details: { missing: 3 },
    });
    expect(await problem(post(basket('taken')))).toMatchObject({ status: 409, code: 'key_reused' });
    expect(await problem(post(basket('full')))).toMatchObject({ status: 503, code: 'queue_full' });
    expect((await post(basket('full'))).headers.get('retry-after')).toBe('1');
  });

  it('lets nothing out of an unexpected failure', async () => {
    const body = await problem(post(basket('broken')));
    expect(body).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(body)).not.toMatch(/secret|stack|at /);
  });
});

describe('bad input', () => {
  it('points at every field', async () => {
    const body = await problem(post({ lines: [{ quantity: 1 }, { quantity: 0 }], memer: 'm' }));
    expect(body).toMatchObject({ status: 400, code: 'bad_input' });
    expect(body.errors?.map((e) => e.pointer).sort()).toEqual(['/lines/1/quantity', '/member', '/memer']);
  });

  it('says that a field is missing or of the wrong kind before how long it may be', async () => {
    const told = async (body: object) => (await problem(post(body))).errors;
    expect(await told({ lines: [] })).toEqual([{ pointer: '/member', message: 'member is missing' }]);
    expect(await told({ member: 'm', lines: [{ quantity: '1' }] })).toEqual([
      { pointer: '/lines/0/quantity', message: 'quantity must be an integer number' },
    ]);
  });

  it('refuses text that is no UTF-8 or that no database stores, and bodies deeper than any document', async () => {
    const bytes = Buffer.from(JSON.stringify(basket('m?')));
    bytes[bytes.indexOf('?')] = 0xff;
    const raw = { method: 'POST', headers: { 'content-type': 'application/json' } };
    expect(await problem(ask('/v1/baskets', { ...raw, body: bytes }))).toMatchObject({
      status: 400,
      code: 'invalid_utf8',
    });
    expect(await problem(post(basket('a\0b')))).toMatchObject({
      code: 'invalid_text',
      errors: [{ pointer: '/member' }],
    });
    expect(await problem(post(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))).toMatchObject({
      status: 400,
      code: 'nested_too_deep',
    });
  });

  it('says that there is no JSON body, and tells at most 20 fields', async () => {
    const text = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } };
    expect(await problem(ask('/v1/baskets', text))).toMatchObject({ status: 400, code: 'no_json_body' });
    const body = await problem(post({ member: 'm', lines: Array.from({ length: 50 }, () => ({ quantity: 0 })) }));
    expect(body.errors).toHaveLength(20);
    expect(body.detail).toMatch(/and 30 more$/);
  });

  it('names a query parameter as such', async () => {
    const body = await problem(ask('/v1/baskets?limit=501'));
    expect(body.errors).toEqual([{ pointer: '/limit', in: 'query', message: 'limit must not be greater than 500' }]);
  });

  it('knows malformed JSON, a body too large and an unknown route', async () => {
    expect(await problem(post('{"member":'))).toMatchObject({ status: 400, code: 'malformed_json' });
    expect(await problem(post(JSON.stringify(basket('x'.repeat(1_100_000)))))).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
    expect(await problem(ask('/nowhere'))).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('health', () => {
  it('is ready only while every part is, and says which is not', async () => {
    const stop = app.get(Readiness);
    let stopped = false;
    stop.add('points', () => {
      if (stopped) throw new Error('shard 3 stopped');
      return { lag: 0 };
    });
    expect(await (await ask('/health/ready')).json()).toMatchObject({
      status: 'ok',
      details: { points: { status: 'up', lag: 0 } },
    });
    stopped = true;
    const response = await ask('/health/ready');
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { status: 'error', error: { points: { status: 'down' } } },
    ]);
    stopped = false;
    databaseDown = true;
    expect((await ask('/health/ready')).status).toBe(503);
    databaseDown = false;
  });
});

describe('documentation', () => {
  it('describes routes, fields and problems', async () => {
    const document = (await (await ask('/docs/openapi.json')).json()) as {
      paths: Record<string, unknown>;
      components: unknown;
    };
    expect(document.paths['/v1/baskets']).toMatchObject({
      post: { summary: 'Record a basket', responses: { default: {} } },
    });
    expect(document.components).toMatchObject({
      schemas: {
        Basket: {
          required: ['member', 'lines'],
          properties: { member: { type: 'string', description: 'Who buys', example: 'm-1' } },
        },
        Line: { properties: { quantity: { type: 'integer', minimum: 1 } } },
        Problem: { required: ['type', 'title', 'status', 'code'] },
      },
      securitySchemes: { key: { scheme: 'bearer' } },
    });
    expect((await ask('/docs/')).headers.get('content-type')).toMatch(/html/);
    expect((await ask('/docs/swagger-ui.css')).status).toBe(200);
  });
});
