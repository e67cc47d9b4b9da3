import { eventContracts, type ServiceName } from '@loyalty/contracts';

/** The services whose events can be subscribed to. */
export const sources = Object.keys(eventContracts) as ServiceName[];

/** What one service noted down of another's event (`tier.learned.v1`) is no news: the event itself can be had. */
const LEARNED = /\.learned\.v\d+$/;

const typesOf = new Map<string, readonly string[]>(
  sources.map((source) => [source, Object.keys(eventContracts[source]).filter((type) => !LEARNED.test(type))]),
);

/** Every event type that can be subscribed to, each once, in the order of the contracts. */
export const allTypes: readonly string[] = [...new Set([...typesOf.values()].flat())];

/** `points.earned.v1`, `points.*` (whatever begins so), `*` (everything). */
export function matches(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

/** The types of a service that some pattern names. Types that come with a later version are named by a pattern too. */
export function wantedTypes(patterns: readonly string[], source: string): readonly string[] {
  return (typesOf.get(source) ?? []).filter((type) => patterns.some((pattern) => matches(pattern, type)));
}

/** The patterns that name no type at all. */
export function unknownPatterns(patterns: readonly string[]): readonly string[] {
  return patterns.filter((pattern) => !allTypes.some((type) => matches(pattern, type)));
}
