import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** What the source says above a constant and above the properties of the object literal it is made from. */
export interface Commented {
  readonly comment: string;
  readonly properties: ReadonlyMap<string, string>;
}

/** The documentation comment of a node, on one line. */
export const commentOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/**
 * The comments of a module's top-level constants by name. A constant made from another one of the same file, by spread or by
 * `x.extend({…})`, takes over that one's properties.
 */
export function commentsIn(file: string): Map<string, Commented> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = new Map<string, Commented>();
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      const properties = new Map<string, string>();
      if (initializer) collectProperties(initializer, properties, found);
      found.set(name.getText(source), { comment: commentOf(statement), properties });
    }
  }
  return found;
}

function collectProperties(node: ts.Node, into: Map<string, string>, known: Map<string, Commented>): void {
  const takeOver = (name: string): void => {
    for (const [property, comment] of known.get(name)?.properties ?? []) into.set(property, comment);
  };
  if (ts.isCallExpression(node)) {
    if (ts.isPropertyAccessExpression(node.expression)) takeOver(node.expression.expression.getText());
    for (const argument of node.arguments) collectProperties(argument, into, known);
  } else if (ts.isObjectLiteralExpression(node)) {
    for (const property of node.properties) {
      if (ts.isSpreadAssignment(property)) takeOver(property.expression.getText());
      else if (commentOf(property)) into.set(property.name?.getText() ?? '', commentOf(property));
    }
  }
}
