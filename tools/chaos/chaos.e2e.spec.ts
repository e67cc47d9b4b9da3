import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWithJars } from '@loyalty/broker';
import type { ChaosReport } from './run-chaos.ts';

const SEED = 20_261_122;
const TIMEOUT_MS = 600_000;
const PROGRAM = fileURLToPath(new URL('./chaos.ts', import.meta.url));

async function chaos(...given: string[]): Promise<{ code: number | null; report: ChaosReport; told: string }> {
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM, '--seed', String(SEED), '--json', ...given];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, told] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const [code] = (await once(child, 'close')) as [number | null];
  try {
    return { code, report: JSON.parse(out) as ChaosReport, told };
  } catch {
    throw new Error(`no report (exit ${code}): ${out}\n${told}`);
  }
}

await describeWithJars(`a run of chaos (seed ${SEED})`, () => {
  it(
    'keeps every promise',
    async () => {
      const { code, report, told } = await chaos('--minutes', '0.25', '--every', '1.2');
      expect({ violations: report.violations, ...(report.ok ? {} : { told }) }).toEqual({ violations: [] });
      expect([code, report.ok, report.seed]).toEqual([0, true, SEED]);
      const injected = Object.values(report.faults).reduce((sum, n) => sum + n, 0);
      expect(injected).toBeGreaterThanOrEqual(5);
      expect(report.acknowledged.granted).toBeGreaterThan(10);
      expect(report.inbound.documents).toBeGreaterThan(5);
      expect(report.inbound.malformed).toBeGreaterThan(0);
      expect(report.recovery_ms.worst).toBeGreaterThanOrEqual(report.recovery_ms.median as number);
    },
    TIMEOUT_MS,
  );

  // What it would not notice in broken code, it proves of none.
  it.each([
    [
      'a checkpoint that is committed apart from its effects',
      './broken/checkpoint-apart.ts',
      'cut',
      /^(verify|checksum): /,
    ],
    ['a consumer that does not look for gaps', './broken/no-gap-check.ts', 'lose', /^(verify|checksum): /],
    [
      'a writer that forgets its keys',
      './broken/no-idempotency.ts',
      'swallow',
      /^applied twice: (purchase|redemption|feedback) /,
    ],
  ])(
    'finds %s',
    async (_, broken, only, violation) => {
      const preload = fileURLToPath(new URL(broken, import.meta.url));
      const how = ['--minutes', '0.2', '--every', '0.6', '--patience', '30', '--only', only, '--preload', preload];
      const { code, report, told } = await chaos(...how);
      expect(report.violations).toContainEqual(expect.stringMatching(violation));
      expect([code, report.ok]).toEqual([1, false]);
      const [, logs] = /What the services wrote: (\S+)/.exec(told) as RegExpExecArray;
      rmSync(dirname(logs as string), { recursive: true });
    },
    TIMEOUT_MS,
  );
});
