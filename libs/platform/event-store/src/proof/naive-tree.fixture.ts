import { createHash } from 'node:crypto';

/** RFC 6962, 2.1, as it is written there: recursive, on lists. What the fast code is held against. */
const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** MTH(D[n]) */
export function naiveRoot(data: readonly Uint8Array[]): Buffer {
  if (data.length === 1) return sha256(Buffer.of(0), data[0] as Uint8Array);
  const half = split(data.length);
  return sha256(Buffer.of(1), naiveRoot(data.slice(0, half)), naiveRoot(data.slice(half)));
}

/** PATH(m, D[n]) */
export function naivePath(index: number, data: readonly Uint8Array[]): Buffer[] {
  if (data.length === 1) return [];
  const half = split(data.length);
  return index < half
    ? [...naivePath(index, data.slice(0, half)), naiveRoot(data.slice(half))]
    : [...naivePath(index - half, data.slice(half)), naiveRoot(data.slice(0, half))];
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let half = 1;
  while (half * 2 < n) half *= 2;
  return half;
}
