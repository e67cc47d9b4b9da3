/**
 * `npm run chaos -- --seed N --minutes M [--every SECONDS] [--only KIND,…] [--patience SECONDS] [--json]`: breaks a whole system on purpose and looks whether it kept its promises.
 * What it breaks and checks: docs/operating/chaos.md. Exit code 1 where a promise was broken, 2 where it was asked in a wrong way.
 */
import { parseArgs } from 'node:util';
import { KINDS, type FaultKind } from './fault.ts';
import { runChaos, type ChaosReport } from './run-chaos.ts';

const USAGE =
  'npm run chaos -- [--seed <whole number>] [--minutes <number>] [--every <seconds>] [--only <kind>,…] [--patience <seconds>] [--preload <file>]… [--json]';

try {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      every: { type: 'string', default: '2.5' },
      only: { type: 'string' },
      patience: { type: 'string', default: '120' },
      preload: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  });
  const seed = numberOf('seed', values.seed ?? String(Date.now() % 1_000_000), 0, true);
  const began = performance.now();
  const progress = (line: string): void => {
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)}  ${line}\n`);
  };
  progress(`seed ${seed}`);
  const report = await runChaos({
    seed,
    minutes: numberOf('minutes', values.minutes, 0.05),
    everySeconds: numberOf('every', values.every, 0.1),
    ...(values.only !== undefined && { only: kindsOf(values.only) }),
    patienceSeconds: numberOf('patience', values.patience, 1),
    preload: values.preload,
    progress,
  });
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : textOf(report));
  process.exitCode = report.ok ? 0 : 1;
} catch (error) {
  const wrong = error instanceof TypeError && 'code' in error;
  process.stderr.write(`${(error as Error).message}\n${wrong || error instanceof RangeError ? `${USAGE}\n` : ''}`);
  process.exitCode = wrong || error instanceof RangeError ? 2 : 1;
}

function numberOf(name: string, text: string, least: number, whole = false): number {
  const value = Number(text);
  if (!(value >= least) || (whole && !Number.isSafeInteger(value)))
    throw new RangeError(`--${name} is to be a ${whole ? 'whole ' : ''}number from ${least} on, not ${text}`);
  return value;
}

function kindsOf(text: string): FaultKind[] {
  return text.split(',').map((name) => {
    const kind = KINDS.find((each) => each === name);
    if (kind === undefined) throw new RangeError(`--only: there is no ${name}, but ${KINDS.join(', ')}`);
    return kind;
  });
}

function textOf({ seed, faults, recovery_ms, acknowledged, inbound, violations, left_out, ok }: ChaosReport): string {
  const kinds = Object.entries(faults).sort(([, a], [, b]) => b - a);
  const all = kinds.reduce((sum, [, n]) => sum + n, 0);
  const lines = [
    `seed ${seed}: ${all} faults, ${acknowledged.granted} commands granted, ${acknowledged.refused} refused`,
    `over Kafka: ${inbound.documents} documents, ${inbound.malformed} records that are none`,
    ...kinds.map(([kind, n]) => `  ${kind.padEnd(14)} ${n}`),
    ...Object.entries(left_out).map(([kind, why]) => `  ${kind.padEnd(14)} left out: ${why}`),
    `recovered in ${recovery_ms.median} ms (median), ${recovery_ms.worst} ms (worst)`,
    ...violations.map((violation) => `VIOLATION  ${violation}`),
    ok ? 'Every promise was kept.' : `${violations.length} violations. The same seed breaks it in the same order.`,
  ];
  return `${lines.join('\n')}\n`;
}
