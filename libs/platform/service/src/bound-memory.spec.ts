import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const script = `import { boundMemory } from ${JSON.stringify(new URL('./bound-memory.ts', import.meta.url).href)};
boundMemory();
console.log(JSON.stringify({ pid: process.pid, flags: process.execArgv, rest: process.argv.slice(1), arenas: process.env.MALLOC_ARENA_MAX ?? null }));`;
const args = ['--title=kept', '--input-type=module', '--eval', script, 'import', 'a file.csv'];
const { MALLOC_ARENA_MAX: _, ...env } = process.env;
const linux = process.platform === 'linux' ? it : it.skip;

interface Told {
  readonly pid: number;
  readonly flags: readonly string[];
  readonly rest: readonly string[];
  readonly arenas: string | null;
}

linux('a process replaces itself once, keeping its id, flags and arguments', async () => {
  const running = promisify(execFile)(process.execPath, args, { env });
  const { stdout } = await running;
  const told = JSON.parse(stdout) as Told;
  expect(told).toMatchObject({ pid: running.child.pid, arenas: '1', rest: ['import', 'a file.csv'] });
  expect(told.flags).toEqual(expect.arrayContaining(['--max-semi-space-size=16', '--title=kept']));
});

linux('whoever has decided on arenas is left alone', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...env, MALLOC_ARENA_MAX: '3' } });
  expect(JSON.parse(stdout)).toMatchObject({
    arenas: '3',
    flags: expect.not.arrayContaining(['--max-semi-space-size=16']),
  });
});

linux('a channel to the parent is kept', async () => {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  await once(child, 'close');
  expect(JSON.parse(out)).toMatchObject({ arenas: null });
});
