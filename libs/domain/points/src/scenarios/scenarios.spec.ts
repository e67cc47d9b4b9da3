import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { Play } from './play.fixture.ts';
import { type Expectation, type ScenarioFile, scenarioFile, type ScenarioStep } from './scenario-file.fixture.ts';

const folder = new URL('../../scenarios/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

function read(file: string): ScenarioFile {
  const result = scenarioFile.safeParse(parse(readFileSync(new URL(file, folder), 'utf8')));
  if (!result.success) throw new Error(`${file} cannot be read:\n${z.prettifyError(result.error)}`);
  return result.data;
}

function* orders<T>(list: readonly T[]): Generator<T[]> {
  if (list.length === 0) yield [];
  for (const [i, first] of list.entries()) for (const rest of orders(list.toSpliced(i, 1))) yield [first, ...rest];
}

function tell(play: Play, steps: readonly ScenarioStep[], mayBeRefused: boolean): void {
  steps.forEach((step, i) => {
    const { refused } = play.tell(step);
    if (refused === undefined || (mayBeRefused && i === steps.length - 1)) return;
    throw new Error(`step ${i + 1} was refused (${refused}): ${JSON.stringify(step)}`);
  });
}

const check = (play: Play, then: readonly Expectation[]): void => {
  for (const wanted of then) expect(play.found(wanted)).toEqual(wanted);
};

const scenarios = files.map((file) => ({ file, ...read(file) }));

it.each(scenarios)('$file: $title', ({ program, given = [], anyOrder, when, then, later = [] }) => {
  for (const order of anyOrder ? orders(given) : [given]) {
    const play = new Play({ program });
    tell(play, order, false);
    for (const each of [{ when, then }, ...later]) {
      tell(
        play,
        each.when,
        each.then.some(({ refused }) => refused !== undefined),
      );
      check(play, each.then);
    }
  }
});

it('are each an example of another thing', () => {
  expect(new Set(scenarios.map(({ title }) => title)).size).toBe(files.length);
  expect(files.length).toBeGreaterThan(20);
});
