import { z } from 'zod';

/** `2026-01-10` (its first instant in UTC), or with a time and an offset. */
const when = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T.+(Z|[+-]\d\d:\d\d))?$/, 'a date like 2026-01-10, or a time with its offset');
const points = z.int();
const name = z.string().min(1);
const period = z.string().startsWith('P');

/** What every step may say besides: the day it is told (and all after it), and of whom. */
const told = { on: when.optional(), member: name.optional() };
const dates = {
  happened: when.optional(),
  active: when.optional(),
  expires: z.union([when, z.literal('never')]).optional(),
};

const steps = {
  purchase: z.strictObject({
    ...told,
    ...dates,
    purchase: name,
    points,
    shortfall: z.enum(['owe', 'otherLots', 'waive']).optional(),
    inactivity: period.optional(),
  }),
  voids: z.strictObject({ ...told, voids: name }),
  return: z.strictObject({ ...told, return: name, happened: when.optional(), takes: z.record(name, points) }),
  open: z.strictObject({ ...told, ...dates, open: name, points }),
  redeem: z.strictObject({ ...told, redeem: name, points }),
  reserve: z.strictObject({ ...told, reserve: name, points, for: period.optional() }),
  capture: z.strictObject({ ...told, capture: name, points: points.optional() }),
  void: z.strictObject({ ...told, void: name }),
  undo: z.strictObject({ ...told, undo: name, as: name.optional(), points: points.optional() }),
  transfer: z.strictObject({ ...told, transfer: name, to: name, points, arrives: z.literal('later').optional() }),
  arrives: z.strictObject({ ...told, arrives: name }),
  give: z.strictObject({ ...told, give: name, points, expires: dates.expires }),
  withdraw: z.strictObject({ ...told, withdraw: name, points }),
  sweep: z.strictObject({ ...told, sweep: z.literal(true) }),
  nothing: z.strictObject({ ...told, on: when }),
};

type Steps = { [Kind in keyof typeof steps]: { readonly kind: Kind } & z.infer<(typeof steps)[Kind]> };
export type ScenarioStep = Steps[keyof Steps];

/** A step is told by the word it contains; its mistakes are then those of that kind of step. */
const step = z.record(z.string(), z.unknown()).transform((value, context): ScenarioStep => {
  const kind = Object.keys(steps).find((word) => word in value) ?? ('on' in value ? 'nothing' : undefined);
  if (kind === undefined) {
    const words = Object.keys(steps).filter((word) => word !== 'nothing');
    context.addIssue(`a step has one of the words ${words.join(', ')}`);
    return z.NEVER;
  }
  const read = steps[kind as keyof Steps].safeParse(value);
  if (read.success) return { kind, ...read.data } as ScenarioStep;
  for (const issue of read.error.issues) context.addIssue({ ...issue, code: 'custom', message: issue.message });
  return z.NEVER;
});

const bucket = z.enum([
  'issued',
  'received',
  'pending',
  'active',
  'reserved',
  'spent',
  'expired',
  'reversed',
  'sent',
  'owed',
]);
const standing = z.partialRecord(bucket, points);

const expectation = z.strictObject({
  /** The last step was refused, with this code. */
  refused: name.optional(),
  /** What the last step was answered, as far as it is said here. */
  answer: z
    .strictObject({
      points: points.optional(),
      spendable: points.optional(),
      lots: z.record(name, points).optional(),
      released: points.optional(),
      left: points.optional(),
      until: when.optional(),
    })
    .optional(),
  member: name.optional(),
  at: when.optional(),
  /** Where all points stand, and nowhere else. */
  wallet: standing.optional(),
  /** The same lot by lot. */
  lots: z.record(name, standing).optional(),
  spendable: points.optional(),
});
/** One needs no dash before it. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (Array.isArray(value) ? (value as unknown[]) : [value]), z.array(item).min(1));
const expectations = listOf(expectation);
const stepList = listOf(step);

export type Expectation = z.infer<typeof expectation>;

/** A scenario as a file tells it. README: beside the files. */
export const scenarioFile = z.strictObject({
  title: name,
  /** Which rule it is an example of. */
  rule: name,
  program: z
    .strictObject({
      timeZone: name.optional(),
      expiry: z
        .union([
          z.literal('never'),
          z.strictObject({ after: period, alignTo: z.enum(['endOfMonth', 'endOfQuarter', 'endOfYear']).optional() }),
          z.strictObject({ yearly: name, grace: period }),
          z.strictObject({ inactivity: period }),
        ])
        .optional(),
      minimumRedemption: points.optional(),
      reservationTtl: period.optional(),
      undoExpired: period.optional(),
    })
    .optional(),
  /** Every order of `given` is tried, told on one day. */
  anyOrder: z.literal(true).optional(),
  given: stepList.optional(),
  when: stepList,
  then: expectations,
  later: z.array(z.strictObject({ when: stepList, then: expectations })).optional(),
});

export type ScenarioFile = z.infer<typeof scenarioFile>;
