import type { z } from 'zod';

/** A body or answer: a zod schema (by reference where it is `named`), or a DTO class whose class-validator decorators say its shape. */
export type Shape = z.ZodType | (new (...args: never[]) => object);

/** One answer of a handler. */
export interface AnswerNotes {
  readonly description: string;
  readonly shape?: Shape;
  readonly example?: unknown;
  /** What it answers to the `bodyExamples` of the same names. */
  readonly examples?: Readonly<Record<string, unknown>>;
}

/** What the API's description says of one handler. */
export interface OperationNotes {
  /** One line, imperative: `Record a purchase`. */
  readonly summary: string;
  readonly description?: string;
  /** Needed only where the body is no DTO class. */
  readonly body?: Shape;
  /** Put together from the examples of the DTO's fields, if left out. */
  readonly bodyExample?: unknown;
  /** Further ones, by name. */
  readonly bodyExamples?: Readonly<Record<string, unknown>>;
  /** Examples of path parameters and headers, by name. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Answers by status. A text alone where there is no body to describe. */
  readonly answers?: Readonly<Record<number, string | AnswerNotes>>;
  /** What every 2xx status with a body answers that has no example of its own in `answers`. */
  readonly answerExample?: unknown;
  /** Headers the caller may send, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DocumentedOperation {
  readonly target: object;
  readonly method: string;
  readonly notes: OperationNotes;
}

export interface DescribedField {
  readonly target: object;
  readonly field: string;
  readonly description: string;
  readonly example: unknown;
}

/**
 * Notes for the API's description, kept aside until somebody asks for it: importing @nestjs/swagger costs a third of
 * a second, which no command line and no worker should pay.
 */
export const documented: {
  readonly operations: DocumentedOperation[];
  readonly fields: DescribedField[];
  readonly names: Map<unknown, string>;
} = { operations: [], fields: [], names: new Map() };

/** Gives a zod schema a name in `/docs`: it stands there once, and bodies and other named schemas refer to it. */
export function named<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  documented.names.set(schema, name);
  return schema;
}

/** On a handler: what it does, for `/docs`. */
export const Operation =
  (notes: OperationNotes): MethodDecorator =>
  (target, method) => {
    documented.operations.push({ target, method: String(method), notes });
  };

/** On a DTO's field: what it means, for `/docs`. Type, bounds and optionality are read from class-validator. */
export const Described =
  (description: string, example?: unknown): PropertyDecorator =>
  (target, field) => {
    documented.fields.push({ target, field: String(field), description, example });
  };
