import type { INestApplication } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiProperty,
  ApiResponse,
  ApiSecurity,
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
} from '@nestjs/swagger';
import { z } from 'zod';
import { documented, type DocumentedOperation, type OperationNotes, type Shape } from './documented.ts';
import { addExamples } from './open-api-examples.ts';
import { describedFields } from './open-api-fields.ts';

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem. `code` is stable; texts may change.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', example: 'urn:loyalty:problem:insufficient_points' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', example: 'insufficient_points' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'message'],
        properties: {
          pointer: { type: 'string', example: '/lines/0/quantity' },
          message: { type: 'string' },
          in: { type: 'string', enum: ['body', 'query', 'path', 'header'] },
        },
      },
    },
    details: { type: 'object', additionalProperties: true },
    request: { type: 'string', description: 'Names the request in the logs' },
  },
} as const;

let applied = false;

/**
 * The OpenAPI document of an application that need not listen. The same for every run: paths and schemas in the order of
 * their names, no addresses, so that it can be kept in the repository and compared.
 */
export async function describeApi(app: INestApplication, title: string): Promise<OpenAPIObject> {
  await app.init();
  if (!applied) applyNotes();
  applied = true;
  const config = new DocumentBuilder()
    .setTitle(title)
    .setVersion('1')
    .addSecurity('key', { type: 'http', scheme: 'bearer', description: 'An API key. `X-Api-Key: <key>` does as well.' })
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: operationId });
  const problems = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as { responses?: Record<string, unknown> }[]) {
      if (operation.responses) operation.responses = { ...operation.responses, default: problems };
    }
  }
  document.components = {
    ...document.components,
    schemas: sorted({ ...document.components?.schemas, ...namedSchemas(), Problem: PROBLEM as never }),
  };
  const notes = documented.operations.map((each) => [
    operationId(each.target.constructor.name, each.method),
    each.notes,
  ]);
  addExamples(document, new Map(notes as [string, OperationNotes][]));
  return { ...document, paths: sorted(document.paths) };
}

function operationId(controller: string, method: string): string {
  return `${controller.replace(/Controller$/, '')}.${method}`;
}

function applyNotes(): void {
  for (const { target, field, options } of describedFields()) ApiProperty(options)(target, field);
  for (const operation of documented.operations) applyOperation(operation);
}

function applyOperation({ target, method, notes }: DocumentedOperation): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, method) as TypedPropertyDescriptor<unknown>;
  const decorators: MethodDecorator[] = [
    ApiOperation({
      summary: notes.summary,
      ...(notes.description !== undefined && { description: notes.description }),
    }),
  ];
  if (notes.body) decorators.push(ApiBody(shapeOptions(notes.body)));
  for (const [name, description] of Object.entries(notes.headers ?? {}))
    decorators.push(ApiHeader({ name, description, required: false }));
  for (const [status, answer] of Object.entries(notes.answers ?? {})) {
    const { description, shape } = typeof answer === 'string' ? { description: answer } : answer;
    decorators.push(ApiResponse({ status: Number(status), description, ...(shape && shapeOptions(shape)) } as never));
  }
  if (target.constructor.name === 'HealthController') decorators.push(ApiSecurity({}));
  for (const decorator of decorators) decorator(target, method, descriptor);
}

function shapeOptions(shape: Shape): { schema: Record<string, unknown> } | { type: never } {
  if (!(shape instanceof z.ZodType)) return { type: shape as never };
  const name = documented.names.get(shape);
  return { schema: name === undefined ? schemaOf(shape) : referenceTo(name) };
}

function namedSchemas(): Record<string, never> {
  const schemas = [...documented.names].map(([shape, name]) => [name, schemaOf(shape as z.ZodType)]);
  return Object.fromEntries(schemas) as Record<string, never>;
}

/** Named schemas within it are references. */
function schemaOf(shape: z.ZodType): Record<string, unknown> {
  const own = documented.names.get(shape);
  const { $schema: _, ...schema } = z.toJSONSchema(shape, {
    io: 'input',
    target: 'openapi-3.0',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = documented.names.get(zodSchema);
      if (name === undefined || name === own) return;
      for (const key in jsonSchema) delete jsonSchema[key];
      Object.assign(jsonSchema, referenceTo(name));
    },
  });
  return schema;
}

function referenceTo(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
