import 'reflect-metadata';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Controller, Module, Post, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Database } from '@loyalty/database';
import type { Request } from 'express';
import { fixedKeys } from './api-keys.ts';
import { createHttpApp } from './http-app.ts';
import { createLogger } from './logging.ts';
import { readRaw } from './read-body.ts';
import { readEnvironment } from './read-environment.ts';
import { Scopes } from './scopes.ts';

@Controller('v1/files')
@Scopes('files:write')
class FileController {
  @Post()
  async take(@Req() request: Request) {
    return { bytes: (await readRaw(request, 1_000, 'Shorten it.')).length };
  }
}

@Module({ controllers: [FileController] })
class FileModule {}

let app: NestExpressApplication;

beforeAll(async () => {
  app = await createHttpApp({
    title: 'Test',
    modules: [FileModule],
    environment: readEnvironment({ BODY_LIMIT_MB: '1' }),
    database: { pool: {} } as unknown as Database,
    keys: fixedKeys({ all: ['*'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

async function connection(): Promise<Socket> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  await once(socket, 'connect');
  return socket;
}

/** Status and body of the next answer on a connection, as a client that writes all before it reads would get it. */
async function send(socket: Socket, type: string, length: number, chunked: boolean): Promise<unknown> {
  const body = 'x'.repeat(length);
  const head = `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer all\r\nContent-Type: ${type}\r\n`;
  let text = '';
  const answered = new Promise<void>((resolve, reject) => {
    const look = (chunk: string): void => {
      text += chunk;
      if (!text.endsWith('}')) return;
      socket.off('data', look);
      resolve();
    };
    socket.on('data', look).once('close', () => reject(new Error(`closed after: ${text}`)));
  });
  if (chunked) {
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    socket.write(`${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
  } else socket.write(`${head}Content-Length: ${length}\r\n\r\n${body}`);
  await answered;
  return { status: Number(text.slice(9, 12)), ...(JSON.parse(text.slice(text.indexOf('{'))) as object) };
}

describe('a body over the limit', () => {
  it.each([
    ['of JSON', 'application/json', 8_000_000, false, 1_048_576],
    ['of JSON that does not say its size', 'application/json', 8_000_000, true, 1_048_576],
    ['of a file', 'application/yaml', 500_000, false, 1_000],
    ['of a file that does not say its size', 'application/yaml', 8_000_000, true, 1_000],
    ['of a file larger than any body', 'application/yaml', 8_000_000, false, 1_048_576],
  ])(
    '%s is answered with 413 and the limit, and the connection stays good',
    async (_, type, length, chunked, limit) => {
      const socket = await connection();
      const tooLarge = { status: 413, code: 'body_too_large', details: { limit } };
      expect(await send(socket, type, length, chunked)).toMatchObject(tooLarge);
      expect(await send(socket, 'application/yaml', 1_000, chunked)).toEqual({ status: 201, bytes: 1_000 });
      socket.destroy();
    },
  );
});
