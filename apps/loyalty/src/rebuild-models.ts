import {
  rebuild,
  type ReadModelDefinition,
  type RebuildOptions,
  type RebuildResult,
  type ServiceDefinition,
} from '@loyalty/projections';
import { readLog } from '@loyalty/event-store';
import type { Runtime } from '@loyalty/service';
import { UsageError, type CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';
import { startProgress } from './progress.ts';

interface Chosen {
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly model: ReadModelDefinition;
}

export function rebuildModels(name: string, accept: boolean): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    const models: (RebuildResult & { name: string })[] = [];
    for (const chosen of choose(runtime, name)) models.push(await rebuildOne(runtime, chosen, accept));
    const ok = models.every(({ swapped }) => swapped);
    return { ok, json: { ok, models }, text: models.map(report).join('\n') };
  });
}

function choose(runtime: Runtime, name: string): Chosen[] {
  const all = runtime.parts.flatMap(({ definition }) =>
    definition.readModels.map((model) => ({ name: `${definition.service}.${model.name}`, definition, model })),
  );
  if (name === 'all') return all;
  const found = all.filter((each) => each.name === name || each.model.name === name);
  if (found.length === 1) return found;
  throw new UsageError(
    `${name} ${found.length === 0 ? 'is no read model' : 'is not unique'}. There are: ${all.map((each) => each.name).join(', ')}`,
  );
}

async function rebuildOne(
  runtime: Runtime,
  { name, definition, model }: Chosen,
  accept: boolean,
): Promise<RebuildResult & { name: string }> {
  const { pool } = runtime.database;
  const log = await logOf(runtime, definition, model);
  const progress = startProgress(name, 'events');
  try {
    const onProgress = ({ done, total }: { done: number; total: number }): void => progress.at(done, total);
    return { name, ...(await rebuild({ pool, definition, model, ...log, accept, onProgress })) };
  } finally {
    progress.stop();
  }
}

/** The log that a read model is made of: its consumer knows where that lies. */
async function logOf(
  { consumers, database }: Runtime,
  { service, schema }: ServiceDefinition,
  model: ReadModelDefinition,
): Promise<Pick<RebuildOptions, 'shards' | 'sourceSchema' | 'sourceLog'>> {
  const place = consumers.find(({ consumer, source }) => consumer === service && source === model.source);
  if (model.kind === 'exact' || place === undefined) return { shards: (await readLog(database.pool, schema)).shards };
  const { shards, sourceSchema, sourceLog } = place;
  return { shards, ...(sourceSchema !== undefined && { sourceSchema }), ...(sourceLog && { sourceLog }) };
}

function report({
  name,
  events,
  seconds,
  pauseMs,
  swapped,
  different,
  differences,
}: RebuildResult & { name: string }): string {
  const outcome = swapped ? 'swapped in' : 'NOT swapped in (--accept does it nevertheless)';
  const lines = [
    `${name}: ${events} events in ${seconds.toFixed(1)} s, ${different} rows differ, ${outcome}; writers paused ${pauseMs} ms`,
  ];
  lines.push(...differences.map((difference) => `  ${JSON.stringify(difference)}`));
  return lines.join('\n');
}
