type Examples = Readonly<Record<string, { readonly value: unknown }>>;
interface Content {
  readonly content?: Readonly<Record<string, { readonly examples?: Examples }>>;
}

/** One operation of the API's description, as far as its examples go. */
export interface DescribedOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly example?: string | number;
  }[];
  readonly hasBody: boolean;
  /** Bodies by name; the first is called `example`. */
  readonly bodies: Examples;
  /** Answers by 2xx status, each by name. */
  readonly answers: ReadonlyMap<number, Examples>;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: DescribedOperation['parameters'];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export const NO_CONTENT = 204;

/** The operations under /v1 of a served OpenAPI document. */
export function operationsOf(document: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}): DescribedOperation[] {
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId: id, parameters = [], requestBody, responses }]) => ({
        id,
        method: method.toUpperCase(),
        path,
        parameters,
        hasBody: requestBody !== undefined,
        bodies: examplesOf(requestBody),
        answers: new Map(
          Object.entries(responses)
            .filter(([status]) => status.startsWith('2'))
            .map(([status, answer]) => [Number(status), examplesOf(answer)]),
        ),
      })),
    );
}

const examplesOf = (holder: Content | undefined): Examples => holder?.content?.['application/json']?.examples ?? {};

/** What an operation has no example of, in words. */
export function missing({ id, parameters, hasBody, bodies, answers }: DescribedOperation): string[] {
  const lacking = parameters
    .filter(({ required, example }) => required && example === undefined)
    .map(({ name }) => `parameter ${name}`);
  if (hasBody && !('example' in bodies)) lacking.push('body');
  if (answers.size === 0) lacking.push('2xx answer');
  for (const [status, examples] of answers) {
    if (status !== NO_CONTENT && Object.keys(examples).length === 0) lacking.push(`answer ${status}`);
  }
  return lacking.map((each) => `${id}: ${each}`);
}
