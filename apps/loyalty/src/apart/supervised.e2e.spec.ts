import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Supervised } from './supervised.ts';

describe('a supervised process', () => {
  let folder: string;
  const lines: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loyalty-supervised-'));
    lines.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function supervise(text: string): Promise<{ supervised: Supervised; givenUp: Promise<string> }> {
    const program = join(folder, 'program.mjs');
    await writeFile(program, text);
    const { promise: givenUp, resolve: onGivenUp } = Promise.withResolvers<string>();
    const options = { name: 'program', program, env: { ...process.env }, quickDeaths: 2, pauseMs: 10 };
    return { supervised: new Supervised({ ...options, onLine: (line) => lines.push(line), onGivenUp }), givenUp };
  }

  it('that dies as soon as it is started is given up after some tries, each of them told', async () => {
    const { supervised, givenUp } = await supervise(`console.error('no database'); process.exit(1);`);
    expect(await givenUp).toBe('it died 3 times in a row, at last by exit code 1');
    expect(lines).toEqual([
      'no database',
      'DIED (exit code 1); started again in 10 ms',
      'no database',
      expect.stringMatching(/^DIED/),
      'no database',
    ]);
    await supervised.stop();
  });

  it('whose settings are wrong is not tried again', async () => {
    const { supervised, givenUp } = await supervise('process.exit(2);');
    expect([await givenUp, supervised.starts]).toEqual(['its settings are wrong', 1]);
  });

  it('keeps the port that it had at first', async () => {
    const { supervised } = await supervise(
      `import { createServer } from 'node:http';
       const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
         console.log('ready http://127.0.0.1:' + server.address().port);
         if (process.env.PORT === undefined) process.kill(process.pid, 'SIGKILL');
       });`,
    );
    const url = await supervised.ready;
    while (lines.filter((line) => line.startsWith('answers')).length < 2) await new Promise(setImmediate);
    expect(lines.filter((line) => line.startsWith(`answers at ${url},`))).toHaveLength(2);
    expect(supervised.isReady).toBe(true);
    await supervised.stop();
    expect(supervised.pid).toBeUndefined();
  });
});
