/** Thrown when something took longer than its caller puts up with. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/** Rejects with LateError when the promise has not settled within so many milliseconds; what becomes of it later is of no interest then. */
export async function inTime<T>(promise: Promise<T>, limit_ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(`no answer in ${limit_ms} ms`)), limit_ms).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
