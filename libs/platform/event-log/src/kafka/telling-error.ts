interface Layered {
  readonly message: string;
  readonly errors?: readonly Layered[];
  readonly cause?: Layered;
}

/** The error as its client gave it, with what lies at its bottom in the message: `metadata failed 4 times. SASL authentication failed.` */
export function tellingError(error: unknown): Error {
  const top = error as Error & Layered;
  let inner: Layered = top;
  for (let next = below(inner); next !== undefined; next = below(inner)) inner = next;
  if (inner === top || top.message.includes(inner.message)) return top;
  return new Error(`${top.message.replace(/[^.]$/, '$&.')} ${inner.message}`, { cause: top });
}

function below({ errors, cause }: Layered): Layered | undefined {
  return errors?.at(-1) ?? cause;
}
