import { purchasesEvents, type LineMatch, type PurchaseReturned, type PurchaseVoided } from '@loyalty/contracts';
import fc from 'fast-check';
import { decide } from './decide.ts';
import { documentKey, isReturnLine, type Document, type DocumentLine } from './document.ts';
import { evolve } from './evolve.ts';
import type { PurchasesInput } from './input.ts';
import { parseDocument } from './parse-document.ts';
import { routeDocument } from './route.ts';
import { fullState, shallowState, type PurchasesState } from './state.ts';

const START = Date.UTC(2026, 0, 1);
const NOW = Date.UTC(2026, 6, 1);

interface Logged {
  type: keyof typeof purchasesEvents;
  time: number;
  data: string;
}

/** The service as a model: a log by subject, and what a shallow state is loaded from. */
class Model {
  readonly logs = new Map<string, Logged[]>();
  readonly owners = new Map<string, string>();

  /** False when it was refused and may be sent again. */
  send(fact: Fact): boolean {
    const input: PurchasesInput =
      fact.kind === 'void'
        ? { kind: 'void', source: 's', id: fact.id, reason: undefined }
        : routeDocument(fact.document, this.owners);
    const subject = input.kind === 'void' ? (this.owners.get(documentKey('s', input.id)) ?? 'nobody') : input.subject;
    const log = this.logs.get(subject) ?? [];
    const shallow = decide(input, fold(log, shallowState()), NOW);
    const decision = decide(input, fold(log, fullState()), NOW);
    if (shallow.kind !== 'insufficient') expect(shallow).toEqual(decision);
    if (decision.kind === 'refused') {
      if (decision.keep !== false) throw new Error(`${JSON.stringify(input)} ${JSON.stringify(decision)}`);
      return false;
    }
    if (decision.kind === 'insufficient') throw new Error('a full state is never insufficient');
    for (const event of decision.events) {
      purchasesEvents[event.type].schema.parse(event.data);
      log.push({ type: event.type, time: event.time, data: JSON.stringify(event.data) });
    }
    this.logs.set(subject, log);
    if (input.kind === 'document') this.owners.set(documentKey('s', input.document.id), subject);
    return true;
  }

  /** Sends all, those refused for now again at the end. */
  sendAll(facts: readonly Fact[]): this {
    const open = facts.filter((fact) => !this.send(fact));
    if (open.length > 0 && open.length < facts.length) this.sendAll(open);
    else if (open.length > 0) throw new Error('never accepted');
    return this;
  }

  /** The matching of each return line as it stands at the end: `id/line` → matches. */
  matching(): Record<string, LineMatch[]> {
    const result: Record<string, LineMatch[]> = {};
    for (const { type, data } of [...this.logs.values()].flat()) {
      const event = JSON.parse(data) as { id: string; return?: { id: string }; lines: PurchaseReturned['lines'] };
      if (type === 'purchase.returned.v1' || type === 'purchase.amended.v1') {
        for (const line of event.lines) result[`${event.return?.id ?? event.id}/${line.line}`] = line.matches;
      } else if (type === 'purchase.voided.v1') {
        const { id } = JSON.parse(data) as PurchaseVoided;
        for (const key of Object.keys(result)) if (key.startsWith(`${id}/`)) delete result[key];
      }
    }
    return Object.fromEntries(Object.entries(result).sort());
  }
}

function fold(log: readonly Logged[], state: PurchasesState): PurchasesState {
  return log.reduce(evolve, state);
}

type Fact = { kind: 'document'; document: Document } | { kind: 'void'; id: string };

interface Line {
  item: string;
  unitPrice: string;
  quantity: string;
  of?: { id: string; line?: number };
}

const bought = fc.record({
  item: fc.constantFrom('a', 'b'),
  unitPrice: fc.constantFrom('1', '2'),
  quantity: fc.constantFrom('1', '2', '3', '0.5'),
});
const returned = bought.map((line) => ({ ...line, quantity: `-${line.quantity}` }));
const time = fc.integer({ min: 0, max: 6 });
const purchases = fc.array(
  fc.record({ time, lines: fc.array(bought, { minLength: 1, maxLength: 3 }), exchange: fc.option(returned) }),
  { minLength: 1, maxLength: 6 },
);
const returns = fc.array(fc.record({ time, lines: fc.array(returned, { minLength: 1, maxLength: 2 }) }), {
  maxLength: 4,
});
/** Which line of which purchase is brought back, with or without saying who and which line. */
const named = fc.array(
  fc.record({
    time,
    purchase: fc.nat(5),
    line: fc.nat(2),
    whole: fc.boolean(),
    anonymous: fc.boolean(),
    exact: fc.boolean(),
  }),
  { maxLength: 4 },
);

const facts = fc
  .record({ purchases, returns, named, voids: fc.subarray(['p0', 'p1', 'r0', 'r1', 'n0'], { maxLength: 2 }) })
  .map((given): Fact[] => {
    const documents = given.purchases.map((p, i) =>
      document(`p${i}`, p.time, [...p.lines, ...(p.exchange ? [p.exchange] : [])]),
    );
    const ids = new Set([...given.purchases.keys()].map((i) => `p${i}`));
    given.returns.forEach((r, i) => documents.push(document(`r${i}`, r.time, r.lines)));
    given.named.forEach((n, i) => {
      const id = `p${n.purchase % ids.size}`;
      const sold = given.purchases[n.purchase % ids.size]?.lines ?? [];
      const line = sold[n.line % sold.length];
      if (!line) return;
      const back = {
        ...line,
        quantity: `-${n.whole ? line.quantity : '0.5'}`,
        of: { id, ...(n.exact && { line: 1 + (n.line % sold.length) }) },
      };
      // Who brings back, unnamed, what never happened is refused before the void and not after it: that depends on order by rule.
      documents.push(document(`n${i}`, n.time, [back], n.anonymous && !given.voids.includes(id) ? '' : 'm'));
    });
    const known = new Set(documents.map((each) => each.id));
    const voids = given.voids.filter((id) => known.has(id));
    return [
      ...documents.map((each) => ({ kind: 'document' as const, document: each })),
      ...voids.map((id) => ({ kind: 'void' as const, id })),
    ];
  });

function document(id: string, at: number, lines: Line[], member = 'm'): Document {
  const parsed = parseDocument({
    source: 's',
    id,
    ...(member && { member }),
    at: new Date(START + at * 86_400_000).toISOString(),
    currency: 'GBP',
    lines,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

describe('the facts of a member', () => {
  const orders = facts.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );

  it('end in the same matching whatever order they came in', () => {
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        expect(new Model().sendAll(shuffled).matching()).toEqual(new Model().sendAll(all).matching());
      }),
      { numRuns: 500 },
    );
  });

  it('never match more of a line than was bought, nor more than came back', () => {
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        const voided = new Set(all.flatMap((fact) => (fact.kind === 'void' ? [fact.id] : [])));
        const documents = all.flatMap((fact) =>
          fact.kind === 'document' && !voided.has(fact.document.id) ? [fact.document] : [],
        );
        const quantities = new Map<string, DocumentLine>(
          documents.flatMap((each) => each.lines.map((line) => [`${each.id}/${line.line}`, line] as const)),
        );
        const taken = new Map<string, number>();
        for (const [key, matches] of Object.entries(new Model().sendAll(shuffled).matching())) {
          const back = quantities.get(key);
          if (!back || !isReturnLine(back)) throw new Error(`no return line ${key}`);
          expect(matches.reduce((total, match) => total + Number(match.quantity), 0)).toBeLessThanOrEqual(
            -Number(back.quantity),
          );
          for (const match of matches) {
            const line = `${match.id}/${match.line}`;
            expect(quantities.get(line)?.item).toBe(back.item);
            taken.set(line, (taken.get(line) ?? 0) + Number(match.quantity));
          }
        }
        for (const [line, quantity] of taken)
          expect(quantity).toBeLessThanOrEqual(Number(quantities.get(line)?.quantity));
      }),
      { numRuns: 300 },
    );
  });
});
