/// <reference path="./class-transformer-storage.d.ts" />
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage, ValidationTypes } from 'class-validator';
// The package's own index does not tell nested types. Same file as that index loads, hence the same storage.
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { documented } from './documented.ts';

export interface FieldOptions {
  readonly target: object;
  readonly field: string;
  readonly options: ApiPropertyOptions;
}

type Facts = Record<string, unknown>;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** What each class-validator rule says in terms of JSON Schema. Rules that are not listed say nothing there. */
const RULES: Readonly<Record<string, (...constraints: never[]) => Facts>> = {
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isObject: () => ({ type: 'object', additionalProperties: true }),
  isDateString: () => ({ type: 'string', format: 'date-time' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
  isIn: (values: unknown[]) => ({ type: 'string', enum: values }),
  isEnum: (_: unknown, values: unknown[]) => ({ type: 'string', enum: values }),
  matches: (pattern: RegExp | string) => ({
    type: 'string',
    pattern: pattern instanceof RegExp ? pattern.source : pattern,
  }),
  min: (value: number) => ({ minimum: value }),
  max: (value: number) => ({ maximum: value }),
  minLength: (value: number) => ({ minLength: value }),
  maxLength: (value: number) => ({ maxLength: value }),
  isLength: (min: number, max: number) => ({ minLength: min, maxLength: max }),
  arrayMinSize: (value: number) => ({ minItems: value }),
  arrayMaxSize: (value: number) => ({ maxItems: value }),
};

/** Every DTO's fields: shape from class-validator, words from `@Described`. */
export function describedFields(): FieldOptions[] {
  const storage = getMetadataStorage();
  const targets = (storage as unknown as { validationMetadatas: Map<object, unknown> }).validationMetadatas.keys();
  const fields = new Map<object, Map<string, Facts>>();
  const add = (target: object, field: string, facts: Facts): void => {
    const known = fields.get(target) ?? new Map<string, Facts>();
    fields.set(target, known.set(field, { ...known.get(field), ...facts }));
  };
  for (const target of targets) {
    if (typeof target !== 'function') continue;
    for (const rule of storage.getTargetValidationMetadatas(target, '', true, false)) {
      if (rule.target === target)
        add(target.prototype as object, rule.propertyName, { ...factsOf(rule), ...nestedType(target, rule) });
    }
  }
  for (const { target, field, description, example } of documented.fields) {
    add(target, field, { description, ...(example !== undefined && { example }) });
  }
  return [...fields].flatMap(([target, named]) =>
    [...named].map(([field, facts]) => ({ target, field, options: facts as ApiPropertyOptions })),
  );
}

function factsOf(rule: Metadata): Facts {
  if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) return { required: false };
  const facts = RULES[rule.name ?? rule.type]?.(...((rule.constraints ?? []) as never[])) ?? {};
  return rule.each ? { ...facts, isArray: true } : facts;
}

/** `@ValidateNested() @Type(() => Line)` is a reference to Line. */
function nestedType(target: object, rule: Metadata): Facts {
  if (rule.type !== ValidationTypes.NESTED_VALIDATION) return {};
  const type = defaultMetadataStorage.findTypeMetadata(target, rule.propertyName)?.typeFunction();
  return type === undefined ? {} : { type: () => type };
}
