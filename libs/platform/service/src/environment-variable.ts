/** What an environment variable means, for errors and for the generated reference. */
export interface VariableNotes {
  readonly name: string;
  readonly meaning: string;
  /** What is allowed, as it stands in an error: `a whole number from 0 to 65535`. */
  readonly allowed: string;
  /** Its value never shows in an error or a log. */
  readonly secret: boolean;
}

const variables = new Map<string, VariableNotes>();

/** On a property of the environment class, which bears the variable's own name. */
export const Variable =
  (meaning: string, allowed: string, { secret = false } = {}): PropertyDecorator =>
  (_, property) => {
    variables.set(String(property), { name: String(property), meaning, allowed, secret });
  };

/** Every known variable, in the order of the class. */
export const environmentVariables = (): VariableNotes[] => [...variables.values()];

export function variableNotes(name: string): VariableNotes {
  const notes = variables.get(name);
  if (!notes) throw new TypeError(`${name} is no variable of the environment class`);
  return notes;
}
