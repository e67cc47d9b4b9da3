import { inspect } from 'node:util';
import { expect } from 'expect';

export interface Spec {
  readonly id: string;
  readonly name: string;
  run(): unknown;
}

type Body = (...row: never[]) => unknown;

/** The part of Jest that the ledger's pure specs use. Collects, runs nothing; throws on what it does not know. */
export function collectSpecs(): Spec[] {
  const specs: Spec[] = [];
  const path: string[] = [];
  const add = (name: string, run: () => unknown): void => {
    const id = [...path, name].join(' ');
    specs.push({ id: `${id} #${specs.length}`, name: id, run });
  };
  const within = (name: string, body: () => void): void => {
    path.push(name);
    body();
    path.pop();
  };
  const table =
    (tell: (name: string, run: () => unknown) => void) =>
    (rows: readonly unknown[]) =>
    (name: string, body: Body): void => {
      for (const row of rows) {
        const values = (Array.isArray(row) ? row : [row]) as never[];
        tell(`${name} ${inspect(values, { depth: 1, breakLength: Infinity })}`, () => body(...values));
      }
    };
  // A known fault says nothing of what a mutant does: it is left out.
  const failing = (): void => undefined;
  const it = Object.assign((name: string, body: () => unknown) => add(name, body), { each: table(add), failing });
  const describe = Object.assign(within, { each: table(within as typeof add) });
  Object.assign(globalThis, { describe, it, test: it, expect });
  return specs;
}

/** Undefined: it holds. */
export async function failureOf(spec: Spec): Promise<string | undefined> {
  try {
    await spec.run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : inspect(error);
  }
}
