import { readdirSync } from 'node:fs';
import * as contracts from '@loyalty/contracts';
import { z } from 'zod';
import { type Commented, commentsIn } from './comments.ts';

export interface DocumentedEvent {
  readonly service: string;
  readonly type: string;
  readonly comment: string;
  readonly sealed: readonly string[];
  readonly schema: z.core.JSONSchema.BaseSchema;
  readonly example: unknown;
}

const sources = new URL('../../libs/contracts/src/', import.meta.url);
const comments = new Map<unknown, Commented>();
for (const file of readdirSync(sources).toSorted()) {
  if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
  for (const [name, commented] of commentsIn(new URL(file, sources).pathname)) {
    const value = (contracts as Record<string, unknown>)[name];
    if (value !== undefined) comments.set(value, commented);
  }
}

/** The JSON Schema of a contract, with the comments of the source as descriptions. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      const commented = comments.get(zodSchema);
      if (!commented) return;
      if (commented.comment) jsonSchema.description ??= commented.comment;
      for (const [property, comment] of commented.properties) {
        const described = jsonSchema.properties?.[property];
        if (typeof described === 'object') described.description = comment;
      }
    },
  });
}

/** Every event of every service, in the order of the contracts. */
export const documentedEvents: readonly DocumentedEvent[] = Object.entries(contracts.eventContracts).flatMap(
  ([service, events]) =>
    Object.entries<contracts.EventContract>(events).map(([type, contract]) => {
      const sealed = contract.sealed ?? [];
      const schema = schemaOf(contract.schema, 'output');
      for (const field of sealed) {
        const property = schema.properties?.[field];
        if (typeof property === 'object') Object.assign(property, { 'x-sealed': true });
      }
      const example = contracts.eventExamples[service as contracts.ServiceName][type];
      return { service, type, comment: comments.get(contract.schema)?.comment ?? '', sealed, schema, example };
    }),
);
