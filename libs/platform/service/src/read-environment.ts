import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { environmentVariables, variableNotes } from './environment-variable.ts';
import { Environment } from './environment.ts';

/** Thrown at start when a variable holds what it must not. One line a variable: its name, its value, what is allowed. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * The checked environment. An empty variable counts as not set.
 * @throws {EnvironmentError} naming every variable at fault
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const given: Record<string, string> = {};
  for (const { name } of environmentVariables()) {
    const value = variables[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const environment = plainToInstance(Environment, given, { exposeDefaultValues: true });
  const lines = validateSync(environment).map(({ property }) => {
    const { allowed, secret } = variableNotes(property);
    if (given[property] === undefined) return `${property} is missing: it takes ${allowed}.`;
    return `${property}=${secret ? '***' : given[property]} is not allowed: it takes ${allowed}.`;
  });
  if (lines.length > 0) throw new EnvironmentError(lines.join('\n'));
  return Object.freeze(environment);
}
