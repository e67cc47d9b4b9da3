/**
 * Advisory locks in the two-number form: (class, shard). They are per database, so the class carries the schema.
 * `own` is held by a session as long as it reads a shard; `park` for one transaction, by whoever parks, retries or discards.
 */
export function lockClass(kind: 'own' | 'park', schema: string, consumer: string, source: string): number {
  const text = `loyalty ${kind} ${schema} ${consumer} ${source}`;
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
}
