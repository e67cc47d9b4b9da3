import type { TreeAnchor } from '@loyalty/event-store/check-receipt';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { transfersPlace } from '@loyalty/points';
import { caughtUp } from '../caught-up.ts';
import { UsageError, type CommandResult } from '../command.ts';
import { withLedger } from '../open-ledger.ts';
import { startProgress } from '../progress.ts';
import type { CheckOutcome } from './check-outcome.ts';
import { verifyChains } from './verify-chains.ts';
import { verifyConsumers } from './verify-consumers.ts';
import { verifyFlow } from './verify-flow.ts';

/** Every proof there is, of every service. Rejects with UsageError when an anchor is of a log that is not here. */
export function verifyLedger(at: EpochMs, anchors: readonly TreeAnchor[]): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    await caughtUp(runtime);
    const { pool } = runtime.database;
    const definitions = runtime.parts.map(({ definition }) => definition);
    const unknown = anchors.find((anchor) => definitions.every(({ service }) => service !== anchor.service));
    if (unknown)
      throw new UsageError(`there is an anchor of ${unknown.service}, but no such log here: another ledger’s file?`);
    const checks: CheckOutcome[] = [];
    const progress = startProgress('hash chains', 'events');
    const lives = (service: string): boolean => definitions.some((each) => each.service === service);
    const consumers = [...runtime.consumers, ...(lives('points') ? [await transfersPlace(pool)] : [])];
    const { database } = runtime;
    checks.push(
      ...(await verifyChains({ database, definitions, consumers, anchors, onProgress: (n) => progress.at(n) })),
    );
    progress.stop();
    checks.push(...(await verifyConsumers(pool, consumers)), ...(await verifyFlow(pool, lives)));
    for (const { service, checks: own } of definitions) {
      for (const check of own) {
        const { ok, checked, problems, note } = await check.run(pool, at);
        const name = check.name.startsWith(`${service}: `) ? check.name : `${service}: ${check.name}`;
        checks.push({ name, ok, checked, unit: 'checked', problems, ...(note !== undefined && { note }) });
      }
    }
    const ok = checks.every((check) => check.ok);
    const instant = formatInstant(at);
    return { ok, json: { ok, at: instant, checks }, text: report(checks, instant, ok) };
  });
}

function report(checks: readonly CheckOutcome[], at: string, ok: boolean): string {
  const lines = checks.flatMap(({ name, ok, checked, unit, problems, note }) => [
    `${ok ? 'ok    ' : 'FAILED'}  ${name}  (${checked} ${unit})`,
    ...problems.map((problem) => `          ${problem}`),
    ...(note === undefined ? [] : [`          note: ${note}`]),
  ]);
  return [...lines, '', `${ok ? 'Everything agrees' : 'Something does not agree'}, at ${at}.`].join('\n');
}
