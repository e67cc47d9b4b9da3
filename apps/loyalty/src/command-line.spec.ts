import { jest } from '@jest/globals';
import { commands } from './commands/index.ts';
import { runCommandLine } from './command-line.ts';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    jest.spyOn(process[name], 'write').mockImplementation((text, ...rest) => {
      written[name] += String(text);
      const callback = rest.at(-1) as unknown;
      if (typeof callback === 'function') (callback as () => void)();
      return true;
    }),
  );
  try {
    return { code: await runCommandLine(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('the command line', () => {
  it('ends with 2 for what it does not know, and says where help is', async () => {
    for (const args of [['improt', 'x.csv'], ['import'], ['verify', '--att', 'x'], ['parked', 'retry', '--what']]) {
      const { code, stderr, stdout } = await run(...args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/--help/);
    }
  });

  it('ends with 2 for options that parse but make no sense', async () => {
    expect(await run('verify', '--at', 'yesterday')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--at yesterday is no instant/),
    });
    expect(await run('import', 'no-such-file.csv')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot be read/),
    });
    expect(await run('import', import.meta.filename, '--patience', 'long')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--patience long is no time such as 90s, 2m or 12h/),
    });
    expect(await run('demo', '--members', '0')).toMatchObject({ code: 2 });
    expect(await run('key', 'create', 'till', '--scopes', 'everything')).toMatchObject({ code: 2 });
    expect(await run('parked', 'discard', 'points', 'tiers', '0', '1')).toMatchObject({ code: 2 });
  });

  it('gives one JSON object on standard output, for a failure too', async () => {
    const { code, stdout, stderr } = await run('checksum', '--at', 'never', '--json');
    expect([code, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toEqual({ error: expect.stringMatching(/--at never/) });
  });

  it('tells the mistakes of a program file with their lines, and needs no database for it', async () => {
    const { code, stdout } = await run('program', 'validate', import.meta.filename, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      mistakes: expect.arrayContaining([{ line: expect.any(Number), path: '', reason: expect.any(String) }]),
    });
  });

  it('helps with every command and ends with 0', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const { name } of commands) expect(stdout).toContain(name.split(' ')[0]);
    expect((await run('import', '--help')).stdout).toMatch(/--preset/);
  });
});
