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
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new BadInputError(fieldProblems(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      const place = PLACES[metadata.type];
      if (!(error instanceof BadInputError) || place === 'body') throw error;
      throw new BadInputError(error.errors.map((e) => ({ ...e, in: place })));
    }
  }
}

/** class-validator's tree as a flat list of pointers. */
export function fieldProblems(errors: readonly ValidationError[], above = ''): FieldProblem[] {
  return errors.flatMap((error) => {
    const pointer = `${above}/${escapeSegment(error.property)}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ pointer, message }));
    return [...own, ...fieldProblems(error.children ?? [], pointer)];
  });
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
