import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { BadInputError, type FieldProblem } from './problem.ts';

type Place = NonNullable<FieldProblem['in']>;
const PLACES: Readonly<Record<ArgumentMetadata['type'], Place>> = {
  body: 'body',
  query: 'query',
  param: 'path',
  custom: 'body',
};

/** Checks DTOs by class-validator. Unknown fields are refused: a misspelt option that is ignored loses data silently. */
export class ProblemValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      validationError: { target: false },
      exceptionFactory: (errors) => new BadInputError(fieldProblems(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const place = PLACES[metadata.type];
    try {
      const checked: unknown = await super.transform(value, metadata);
      const unstorable = unstorableTexts(checked, metadata.data === undefined ? '' : `/${metadata.data}`);
      if (unstorable.length > 0) throw new BadInputError(unstorable, undefined, 'invalid_text');
      return checked;
    } catch (error) {
      if (!(error instanceof BadInputError)) throw error;
      if (place !== 'body')
        throw new BadInputError(
          error.errors.map((e) => ({ ...e, in: place })),
          undefined,
          error.code,
        );
      assertBody(value);
      if (Array.isArray(value)) throw new BadInputError([{ pointer: '', message: NO_ARRAY }], NO_ARRAY);
      throw error;
    }
  }
}

const NO_BODY = 'There is no JSON body: send one, with Content-Type: application/json.';
const NO_ARRAY = 'The body is one JSON object, not an array.';

/**
 * For handlers that check their body themselves.
 * @throws {BadInputError} 400 `no_json_body`
 */
export function assertBody(body: unknown): void {
  if (body === undefined) throw new BadInputError([{ pointer: '', message: NO_BODY }], NO_BODY, 'no_json_body');
}

/** What a value must be at all, before how large or how long: of several findings about a field the first of these is told. */
const OF_KIND = [
  'isString',
  'isInt',
  'isNumber',
  'isBoolean',
  'isArray',
  'isObject',
  'noArray',
  'nestedValidation',
  'isIn',
];

/** class-validator's tree as a flat list of pointers, one finding a field. */
export function fieldProblems(errors: readonly ValidationError[], above = ''): FieldProblem[] {
  return errors.flatMap((error) => {
    const pointer = `${above}/${escapeSegment(error.property)}`;
    const message = findingOf(error);
    return [...(message === undefined ? [] : [{ pointer, message }]), ...fieldProblems(error.children ?? [], pointer)];
  });
}

function findingOf({ constraints = {}, value, property }: ValidationError): string | undefined {
  const [any] = Object.values(constraints);
  if (any === undefined || 'whitelistValidation' in constraints) return any;
  if (value === undefined) return `${property} is missing`;
  const kind = OF_KIND.find((name) => name in constraints);
  return kind === undefined ? any : constraints[kind];
}

/**
 * PostgreSQL stores no U+0000, and half a surrogate pair is no character: either would fail deep inside. Looks into the DTOs only;
 * plain objects within them (the documents of a batch) are checked one by one by whoever takes them, so that one spoils no other.
 */
function unstorableTexts(value: unknown, pointer: string): FieldProblem[] {
  if (typeof value === 'string') {
    return value.includes('\0') || !value.isWellFormed()
      ? [{ pointer, message: 'holds U+0000 or half a surrogate pair' }]
      : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => unstorableTexts(item, `${pointer}/${i}`));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) === Object.prototype) return [];
  return Object.entries(value).flatMap(([key, item]) => unstorableTexts(item, `${pointer}/${escapeSegment(key)}`));
}

/** One problem a zod issue. `above` is where the checked value sits in the body. */
export function zodProblems(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  above = '',
): FieldProblem[] {
  return issues.map((issue) => ({
    pointer: above + issue.path.map((part) => `/${escapeSegment(String(part))}`).join(''),
    message: issue.message,
  }));
}

/** A segment of a JSON pointer (RFC 6901). */
export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
