import type { OpenAPIObject } from '@nestjs/swagger';
import type { AnswerNotes, OperationNotes } from './documented.ts';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

interface Media {
  readonly schema?: Schema;
  examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Parameter {
  name: string;
  readonly in: string;
  description?: string;
  required?: boolean;
  readonly schema?: { readonly example?: unknown };
  example?: unknown;
}

interface DescribedOperation {
  readonly operationId: string;
  parameters?: Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Record<string, { content?: Record<string, Media> }>;
}

const JSON_TYPE = 'application/json';
const NO_CONTENT = 204;

/**
 * Puts the examples of the notes into the document: of parameters, of bodies and of answers. Those of bodies and answers are
 * `examples`; the first is called `example`.
 * @param notes by operation id
 */
export function addExamples(document: OpenAPIObject, notes: ReadonlyMap<string, OperationNotes>): void {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as DescribedOperation[]) {
      const own = notes.get(operation.operationId);
      if (own === undefined) continue;
      addToParameters(operation, own);
      const body = operation.requestBody?.content[JSON_TYPE];
      const bodyExample = own.bodyExample ?? (body?.schema && composed(body.schema, schemas));
      if (body) addToMedia(body, bodyExample, own.bodyExamples);
      addToAnswers(operation, own);
    }
  }
}

function addToParameters(operation: DescribedOperation, { parameters: examples = {} }: OperationNotes): void {
  const parameters = merged(operation.parameters ?? []);
  for (const parameter of parameters) {
    const example = examples[parameter.name] ?? parameter.schema?.example;
    if (example !== undefined) parameter.example = example;
  }
  if (operation.parameters) operation.parameters = parameters;
}

/** A header that the handler reads and the notes describe comes twice, written differently: it is one. */
function merged(parameters: readonly Parameter[]): Parameter[] {
  const known = new Map<string, Parameter>();
  for (const parameter of parameters) {
    const { name, description } = parameter;
    const key = `${parameter.in} ${parameter.in === 'header' ? name.toLowerCase() : name}`;
    const before = known.get(key);
    if (before === undefined) known.set(key, parameter);
    else Object.assign(before, { name, ...(description !== undefined && { description }) });
  }
  return [...known.values()];
}

function addToAnswers({ responses }: DescribedOperation, { answers = {}, answerExample }: OperationNotes): void {
  for (const [status, response] of Object.entries(responses)) {
    const answer = answers[Number(status)];
    const { example, examples }: Partial<AnswerNotes> = typeof answer === 'object' ? answer : {};
    const hasBody = status.startsWith('2') && Number(status) !== NO_CONTENT;
    const shown = example ?? (hasBody ? answerExample : undefined);
    if (shown === undefined && examples === undefined) continue;
    response.content ??= { [JSON_TYPE]: { schema: { type: 'object' } as Schema } };
    for (const media of Object.values(response.content)) addToMedia(media, shown, examples);
  }
}

function addToMedia(media: Media, example: unknown, further: Readonly<Record<string, unknown>> = {}): void {
  const all = Object.entries({ ...(example !== undefined && { example }), ...further });
  if (all.length > 0) media.examples = Object.fromEntries(all.map(([name, value]) => [name, { value }]));
}

/** What the examples of a schema's fields give together; undefined where a field that is required has none. */
function composed(schema: Schema, schemas: Readonly<Record<string, Schema>>): unknown {
  if (schema.example !== undefined) return schema.example;
  const [only] = schema.allOf ?? [];
  if (only) return composed(only, schemas);
  if (schema.$ref !== undefined) return composed(schemas[schema.$ref.split('/').at(-1)!] ?? {}, schemas);
  if (schema.items) {
    const item = composed(schema.items, schemas);
    return item === undefined ? undefined : [item];
  }
  if (schema.properties === undefined) return undefined;
  const fields = Object.entries(schema.properties).map(([name, field]) => [name, composed(field, schemas)] as const);
  const missing = fields.some(([name, example]) => example === undefined && schema.required?.includes(name));
  return missing ? undefined : Object.fromEntries(fields.filter(([, example]) => example !== undefined));
}
