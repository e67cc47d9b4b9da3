/** What nobody can know beforehand wherever it stands: places in a log, and how long something took. */
const CHANCE = new Set(['shard', 'position', 'upto', 'durationMs', 'recencyDays', 'asOf', 'bytes']);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const CLOCK_SLACK_MS = 60_000;

/** The same text with all that is made anew each time made equal. */
function settled(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replace(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replace(/^whsec_.*$/, '<secret>')
    .replace(/^\d{1,4}\/\d+$/, '<position>')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '<time>')
    .replace(/\/v1\/entries\/\d+\/\d+/, '/v1/entries/<position>')
    .replace(/\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d/g, '<time>');
}

/** Both are times, and the one told is of this run: then it says nothing that an example could know. */
function bothOfNow(told: string, shown: string, begun: number): boolean {
  return INSTANT.test(told) && INSTANT.test(shown) && Date.parse(told) >= begun - CLOCK_SLACK_MS;
}

/**
 * Where an answer differs from its example, as pointers with both values: fields and types must be the same, and values too
 * unless they are chance or of this run.
 * @param begun when the run began, in milliseconds since 1970
 */
export function differences(told: unknown, shown: unknown, begun: number, pointer = ''): string[] {
  const differ = (): string[] => [`${pointer}: ${JSON.stringify(told)} is not ${JSON.stringify(shown)}`];
  if (typeof told !== typeof shown || Array.isArray(told) !== Array.isArray(shown)) return differ();
  if (told === null || shown === null) return told === shown ? [] : differ();
  if (typeof told === 'object') {
    const [fields, expected] = [told as Record<string, unknown>, shown as Record<string, unknown>];
    return [...new Set([...Object.keys(fields), ...Object.keys(expected)])].flatMap((name) =>
      differences(fields[name], expected[name], begun, `${pointer}/${name}`),
    );
  }
  if (told === shown || pointer.split('/').some((name) => CHANCE.has(name))) return [];
  if (typeof told !== 'string' || typeof shown !== 'string') return differ();
  return settled(told) === settled(shown) || bothOfNow(told, shown, begun) ? [] : differ();
}
