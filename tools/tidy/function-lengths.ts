import ts from 'typescript';
import type { SourceFile } from './source-files.ts';

export interface MeasuredFunction {
  readonly where: string;
  readonly lines: number;
}

const suites = /^(describe|it|test)(\.|$|\()/;

/** A test suite is a list of sentences, not a function to be read at one go. */
function isSuite(node: ts.FunctionLikeDeclaration, source: ts.SourceFile): boolean {
  if (ts.isCallExpression(node.parent) && node.parent.expression.getText(source).startsWith('describe')) return true;
  const body = node.body && ts.isBlock(node.body) ? node.body.statements : [];
  return body.some(
    (statement) =>
      ts.isExpressionStatement(statement) &&
      ts.isCallExpression(statement.expression) &&
      suites.test(statement.expression.expression.getText(source)),
  );
}

/** Every function with a body in a TypeScript or JavaScript file, with its length in lines. */
export function functionsOf({ path, text }: SourceFile): MeasuredFunction[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: MeasuredFunction[] = [];
  const line = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isSuite(node, source)) {
      const first = line(node.getStart(source));
      found.push({ where: `${path}:${first}`, lines: line(node.end) - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
