const titles: Record<string, string> = {
  'events.md': 'Events: every type with its fields and an example',
  'asyncapi.yaml': 'AsyncAPI 3 of all events',
  'openapi.json': 'OpenAPI of the HTTP interface',
  'cli.md': 'Command line',
  'environment.md': 'Environment variables',
  'program.md': 'The program language',
  'mapping.md': 'Mapping files for imports',
};

/** The first page of the reference, from the paths that were made. */
export function referenceIndex(paths: readonly string[]): string {
  const line = (path: string): string => `- [${titles[path] ?? path}](${path})`;
  const listed = (folder: string): string[] => paths.filter((path) => path.startsWith(folder)).toSorted();
  const top = Object.keys(titles).filter((path) => paths.includes(path));
  const parts = [
    '# Reference',
    'Made from the code by `npm run generate`; nothing here is written by hand.',
    top.map(line).join('\n'),
    '## JSON Schemas',
    listed('schemas/').map(line).join('\n'),
  ];
  const sql = listed('sql/');
  if (sql.length > 0) parts.push('## Tables', sql.map(line).join('\n'));
  return `${parts.join('\n\n')}\n`;
}
