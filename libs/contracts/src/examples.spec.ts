import { createHash } from 'node:crypto';
import { z } from 'zod';
import { eventExamples, purchaseDocumentExample } from './examples.ts';
import { eventContracts, purchaseDocument } from './index.ts';

const contracts = Object.entries(eventContracts).flatMap(([service, events]) =>
  Object.entries(events).map(([type, contract]) => ({
    service: service as keyof typeof eventContracts,
    type,
    schema: contract.schema as z.ZodType,
    sealed: 'sealed' in contract ? contract.sealed : [],
  })),
);

describe.each(contracts)('$type', ({ service, type, schema, sealed }) => {
  const example = eventExamples[service][type];

  it('has an example that survives the schema and JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(schema.parse(example)))).toStrictEqual(example);
  });

  it('refuses a payload that lacks a required field', () => {
    const required = z.toJSONSchema(schema).required ?? [];
    expect(required.length).toBeGreaterThan(0);
    for (const field of required) {
      const { [field]: _, ...rest } = example as Record<string, unknown>;
      expect({ field, ...schema.safeParse(rest) }).toMatchObject({ field, success: false });
    }
  });

  it('can be written as JSON Schema, sealed fields being text', () => {
    const { properties } = z.toJSONSchema(schema);
    for (const field of sealed) expect(properties?.[field]).toMatchObject({ type: 'string' });
  });
});

it('has no example of an event that does not exist', () => {
  const types = Object.values(eventExamples).flatMap((examples) => Object.keys(examples));
  expect(types.toSorted()).toEqual(contracts.map((contract) => contract.type).toSorted());
});

it('has postings that sum to zero and cells that sum to the points in every points example', () => {
  for (const example of Object.values(eventExamples.points) as {
    points: number;
    postings?: { points: number }[];
    cells?: { points: number }[];
  }[]) {
    expect((example.postings ?? []).reduce((sum, posting) => sum + posting.points, 0)).toBe(0);
    if (example.cells) expect(example.cells.reduce((sum, cell) => sum + cell.points, 0)).toBe(example.points);
  }
});

it('accepts the example document and refuses a number where a decimal string belongs', () => {
  expect(purchaseDocument.safeParse(purchaseDocumentExample).success).toBe(true);
  const [first, ...others] = purchaseDocumentExample.lines;
  const wrong = { ...purchaseDocumentExample, lines: [{ ...first, unitPrice: 19.9 }, ...others] };
  expect(purchaseDocument.safeParse(wrong).error?.issues[0]?.path).toEqual(['lines', 0, 'unitPrice']);
});

it('names a program version by the SHA-256 of its document', () => {
  const { document, version } = eventExamples.tiers['program.published.v1'] as { document: string; version: string };
  expect(createHash('sha256').update(document).digest('hex')).toBe(version);
});
