/** The reader has gone, as with `| head`: what it did not want is no failure. */
const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** Writes a result to standard output, ended by a line break. False, and why on standard error, when it could not be written. */
export function print(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { stdout } = process;
    const settle = (error?: NodeJS.ErrnoException | null): void => {
      if (error && !GONE.has(error.code ?? '')) {
        process.stderr.write(`The result cannot be written: ${error.message}\n`);
        resolve(false);
      } else resolve(true);
    };
    // Heard here or never: an error that nobody hears ends the process with a stack.
    stdout.once('error', settle);
    stdout.write(text.endsWith('\n') ? text : `${text}\n`, settle);
  });
}
