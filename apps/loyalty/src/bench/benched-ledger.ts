import type { BenchedLedger } from '@loyalty/bench';
import { createLogger, createRuntime, readEnvironment, type Runtime } from '@loyalty/service';
import { caughtUp } from '../caught-up.ts';
import type { ImportReport } from '../import/file-import.ts';
import { purchasesImport } from '../import/purchases-import.ts';
import { quiet, TITLE } from '../open-ledger.ts';
import { parts } from '../parts.ts';

const PATIENCE_MS = 120_000;

/** All services in this process. */
export async function benchedLedger(url: string): Promise<BenchedLedger> {
  const runtime = await openRuntime({ DATABASE_URL: url });
  return {
    importFile: async (file) => {
      const report = await record(runtime, file);
      await caughtUp(runtime);
      return report;
    },
    close: () => runtime.close(),
  };
}

/** Those of this process, without the retailer's topic: what is measured must not take purchases in from there. */
export function benchVariables(): NodeJS.ProcessEnv {
  const { KAFKA_INBOUND_TOPIC: _, ...others } = process.env;
  return others;
}

interface Joining {
  /** Leaves the consumers to other processes, where there are some. @default false */
  readonly guest?: boolean;
  /** @default all */
  readonly services?: readonly string[] | undefined;
}

export async function openRuntime(
  variables: Readonly<Record<string, string>>,
  { guest = false, services }: Joining = {},
): Promise<Runtime> {
  const environment = readEnvironment({ ...benchVariables(), ...variables });
  const logger = await createLogger(quiet(environment), TITLE);
  const chosen = parts(environment).filter(({ definition }) => services?.includes(definition.service) ?? true);
  const runtime = await createRuntime({ environment, logger, title: TITLE, parts: chosen, guest });
  await runtime.start();
  return runtime;
}

/** Takes an NDJSON file in, and waits for nobody. */
export async function record(runtime: Runtime, file: string): Promise<ImportReport> {
  const importFile = await purchasesImport(undefined, undefined);
  const nobody = { onBytes: () => undefined, onRejection: () => undefined };
  return importFile(runtime, { file, ...nobody, patience_ms: PATIENCE_MS });
}
