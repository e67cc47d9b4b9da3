import { hash } from 'node:crypto';
import { HASH_BYTES } from '../chain.ts';

// RFC 6962, 2.1: leaves and inner nodes begin with different bytes, so neither can be passed off as the other.
const leafInput = Buffer.alloc(1 + HASH_BYTES, 0);
const innerInput = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** `SHA-256(0x00 ‖ hash)` for each of n hashes of 32 bytes: the lowest level of the tree. */
export function leavesOf(hashes: Buffer): Buffer {
  const leaves = Buffer.allocUnsafe(hashes.length);
  for (let at = 0; at < hashes.length; at += HASH_BYTES) {
    hashes.copy(leafInput, 1, at, at + HASH_BYTES);
    // As a string of bytes: a third of what a Buffer for each hash costs.
    leaves.write(hash('sha256', leafInput, 'binary'), at, 'latin1');
  }
  return leaves;
}

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export function innerHash(left: Uint8Array, right: Uint8Array): Buffer {
  return raised(Buffer.concat([left, right]));
}

/** The level above: pairs hashed, a last one without a partner carried up as it is. */
function raised(level: Buffer): Buffer {
  const pairs = Math.floor(level.length / (2 * HASH_BYTES));
  const above = Buffer.allocUnsafe(Math.ceil(level.length / (2 * HASH_BYTES)) * HASH_BYTES);
  for (let pair = 0; pair < pairs; pair++) {
    level.copy(innerInput, 1, pair * 2 * HASH_BYTES, (pair + 1) * 2 * HASH_BYTES);
    above.write(hash('sha256', innerInput, 'binary'), pair * HASH_BYTES, 'latin1');
  }
  if (pairs * HASH_BYTES < above.length) level.copy(above, pairs * HASH_BYTES, pairs * 2 * HASH_BYTES);
  return above;
}

/** The root over a level of one node or more: over leaves it is the Merkle Tree Hash of RFC 6962. */
export function rootOf(level: Buffer): Buffer {
  let top = level;
  while (top.length > HASH_BYTES) top = raised(top);
  return top;
}

/** The level itself and all above it, the root last. */
export function levelsOf(level: Buffer): Buffer[] {
  const levels = [level];
  for (let top = level; top.length > HASH_BYTES; levels.push(top)) top = raised(top);
  return levels;
}

/** The siblings on the way from a node of the lowest level to the root, lowest first: the audit path of RFC 6962. */
export function pathOf(levels: readonly Buffer[], index: number): Buffer[] {
  const path: Buffer[] = [];
  let at = index;
  for (const nodes of levels) {
    const sibling = (at % 2 === 0 ? at + 1 : at - 1) * HASH_BYTES;
    if (sibling < nodes.length && nodes.length > HASH_BYTES) path.push(nodes.subarray(sibling, sibling + HASH_BYTES));
    at = Math.floor(at / 2);
  }
  return path;
}
