/** Shards of a log unless chosen otherwise at its creation. Also the ceiling of parallel consumers. */
export const DEFAULT_SHARDS = 8;

/** The name under which a log records how its subjects were spread. */
export const SHARD_HASH = 'fnv1a-32-utf16-mix';

/** The shard of a subject: FNV-1a (32 bit) over UTF-16 code units, mixed with the 32-bit finaliser of MurmurHash3. */
export function shardOf(subject: string, shards: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < subject.length; i++) {
    const unit = subject.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    if (unit > 0xff) h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return (h >>> 0) % shards;
}
