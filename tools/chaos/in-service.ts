/**
 * Loaded into every service of a chaos run, before its program: what cannot be done to a process from outside. It looks at the file of
 * CHAOS_CONTROL: by how much this process's clock is wrong, and how many batches its Kafka client is to spoil.
 */
import { readFileSync, watchFile } from 'node:fs';

export interface Control {
  /** By service: added to what its clock says. */
  readonly clockMs?: Readonly<Record<string, number>>;
  /** By service: batches spoilt since the run began. */
  readonly lost?: Readonly<Record<string, number>>;
}

interface Reads {
  records(shard: number, records: readonly unknown[]): void;
}

const LOOK_MS = 100;
const file = process.env['CHAOS_CONTROL'] as string;
const service = process.env['CHAOS_SERVICE'] as string;
let control = look();
let spoilt = control.lost?.[service] ?? 0;
watchFile(file, { interval: LOOK_MS, persistent: false }, () => (control = look()));

stepTheClock();
await loseRecords();

function look(): Control {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Control;
  } catch {
    return control ?? {};
  }
}

/** Timers and `performance` go on as they do when somebody sets a machine's clock. */
function stepTheClock(): void {
  const Real = Date;
  const now = (): number => Real.now() + (control.clockMs?.[service] ?? 0);
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as) as object,
    apply: () => new Real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}

/** The first record of a batch is lost, where the next shows that: it must be sought again. */
async function loseRecords(): Promise<void> {
  const url = new URL('../../libs/platform/event-log/dist/kafka/kafka-reads.js', import.meta.url).href;
  const { KafkaReads } = (await import(url)) as { KafkaReads: { prototype: Reads } };
  const { records: whole } = KafkaReads.prototype;
  KafkaReads.prototype.records = function (shard, records) {
    if (records.length < 2 || spoilt >= (control.lost?.[service] ?? 0)) return whole.call(this, shard, records);
    spoilt++;
    whole.call(this, shard, records.slice(1));
  };
}
