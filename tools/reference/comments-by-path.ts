import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { commentOf } from './comments.ts';

/**
 * The comments in a schema's source by the path of what they stand above: `time.zone`. Constants of the same file are followed
 * where the schema names them; lists and alternatives add nothing to a path.
 */
export function commentsByPath(file: string, constant: string): Map<string, string> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const constants = new Map(
    source.statements
      .filter((statement) => ts.isVariableStatement(statement))
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .map(({ name, initializer }) => [name.getText(source), initializer]),
  );
  const found = new Map<string, string>();
  const walk = (node: ts.Node | undefined, path: string): void => {
    if (!node) return;
    if (ts.isIdentifier(node)) walk(constants.get(node.text), path);
    else if (ts.isSpreadAssignment(node)) walk(node.expression, path);
    else if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) {
      const name = node.name.getText(source);
      const to = path === '' ? name : `${path}.${name}`;
      const comment = commentOf(node);
      if (comment) found.set(to, comment);
      walk(ts.isPropertyAssignment(node) ? node.initializer : node.name, to);
    } else if (ts.isCallExpression(node)) {
      if (ts.isPropertyAccessExpression(node.expression)) walk(node.expression.expression, path);
      for (const argument of node.arguments) if (!ts.isFunctionLike(argument)) walk(argument, path);
    } else if (ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node)) {
      ts.forEachChild(node, (child) => walk(child, path));
    }
  };
  walk(constants.get(constant), '');
  return found;
}
