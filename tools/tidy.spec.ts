import { basename } from 'node:path';
import { brokenLinks } from './tidy/broken-links.ts';
import { functionsOf } from './tidy/function-lengths.ts';
import { type SourceFile, sourceFiles } from './tidy/source-files.ts';
import { unreachedFiles } from './tidy/unreached-files.ts';

const MOST_LINES = 300;
const MOST_LINES_OF_A_FUNCTION = 70;
const MOST_LINES_OF_A_DECISION = 60;

const files = sourceFiles();
const written = files.filter(({ path }) => path !== 'package-lock.json' && !path.startsWith('docs/reference/'));
const code = written.filter(({ path }) => /\.(ts|mjs)$/.test(path));
const typescript = code.filter(({ path }) => path.endsWith('.ts'));
const sources = typescript.filter(({ path }) => !path.endsWith('.spec.ts'));

/** Lines that match, as `path:line text`. */
function linesWith(pattern: RegExp, among: readonly SourceFile[]): string[] {
  return among.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 100)}`] : [])),
  );
}

// Put together here, so that this file does not find itself.
const anyOf = (...words: string[][]): string => words.map((parts) => parts.join('')).join('|');

describe('sizes', () => {
  it(`keeps every file within ${MOST_LINES} lines`, () => {
    const long = written.filter(({ path, lines }) => /\.(ts|mjs|sql)$/.test(path) && lines > MOST_LINES);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it(`keeps every function within ${MOST_LINES_OF_A_FUNCTION} lines`, () => {
    const long = code.flatMap(functionsOf).filter(({ lines }) => lines > MOST_LINES_OF_A_FUNCTION);
    expect(long).toEqual([]);
  }, 60_000);

  it('keeps every decision on one page, numbered without a gap', () => {
    const decisions = files.filter(({ path }) => path.startsWith('docs/decisions/') && !path.endsWith('README.md'));
    expect(decisions.filter(({ lines }) => lines > MOST_LINES_OF_A_DECISION).map(({ path }) => path)).toEqual([]);
    expect(decisions.map(({ path }) => Number(basename(path).slice(0, 4)))).toEqual(decisions.map((_, i) => i + 1));
  });
});

describe('leftovers', () => {
  it('has no markers of unfinished work', () => {
    const marker = new RegExp(`\\b(${anyOf(['TO', 'DO'], ['FIX', 'ME'], ['XX', 'X'], ['HA', 'CK'])})\\b`);
    expect(linesWith(marker, written)).toEqual([]);
  });

  // A choice between a suite and its skipped twin stays possible, for what a machine cannot do: it says when.
  it('has no test that is left out or alone', () => {
    const specs = typescript.filter(({ path }) => path.endsWith('.spec.ts'));
    const leftOut = /\b(describe|it|test)\.(only|skip|todo)(\.each)?[(`]|\b(xit|fit|xdescribe|fdescribe)\(/;
    expect(linesWith(leftOut, specs)).toEqual([]);
  });

  it('has no silenced checks', () => {
    const silenced = new RegExp(
      anyOf(['eslint', '-disable'], ['@ts', '-ignore'], ['@ts', '-nocheck'], ['as', ' any\\b']),
    );
    expect(linesWith(silenced, code)).toEqual([]);
  });

  it('has no code that nothing leads to', () => {
    expect(unreachedFiles(files)).toEqual([]);
  });

  it('names no machine, no registry and no workplace', () => {
    const foreign = new RegExp(
      anyOf(
        ['/wo', 'rk/'],
        ['/ro', 'ot/'],
        ['/ho', 'me/[a-z]'],
        ['/Us', 'ers/'],
        ['regi', 'stry\\.[a-z]'],
        ['"resol', 'ved": "http'],
      ),
    );
    expect(linesWith(foreign, files)).toEqual([]);
  });
});

describe('names', () => {
  const forbidden = new Set(['utils', 'util', 'common', 'shared', 'helpers', 'helper', 'manager', 'base', 'impl']);

  it('are in kebab-case', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
    expect(code.map(({ path }) => path).filter((path) => !path.split('/').every((part) => kebab.test(part)))).toEqual(
      [],
    );
  });

  it('say what is inside', () => {
    const words = (path: string): string[] => path.split(/[/.-]/);
    expect(code.map(({ path }) => path).filter((path) => words(path).some((word) => forbidden.has(word)))).toEqual([]);
  });

  it('are exported by name', () => {
    expect(linesWith(/^export default\b/, typescript)).toEqual([]);
  });

  it('of relative imports end in .ts', () => {
    expect(linesWith(/(from|import\()\s*'\.{1,2}(\/[^']*)?(?<!\.ts|\.json|\.mjs)'/, sources)).toEqual([]);
  });
});

describe('documents', () => {
  it('link only to what is there', () => {
    expect(brokenLinks(files)).toEqual([]);
  });
});
