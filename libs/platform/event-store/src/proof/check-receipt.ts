import { hash as digest } from 'node:crypto';

/**
 * The whole of the offline verifier: it is given a receipt and reads nothing else; of libraries it needs SHA-256 alone. What a receipt
 * means, and how to check one with other tools: docs/concepts/proof.md.
 */
export interface ReceiptStep {
  readonly check: 'form' | 'bytes' | 'event' | 'path' | 'root' | 'anchor';
  readonly ok: boolean;
  readonly message: string;
}

/** What the bytes of an entry say, and how far they are proved. Behind the first step that fails nothing is looked at. */
export interface CheckedEntry {
  readonly ok: boolean;
  /** An anchor kept elsewhere vouches for it. */
  readonly anchored: boolean;
  readonly service: string;
  readonly shard: number;
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly steps: readonly ReceiptStep[];
}

export interface CheckedReceipt {
  readonly ok: boolean;
  readonly entries: readonly CheckedEntry[];
  /** What is wrong with the file as a whole. */
  readonly problem?: string;
}

/** The first `position` events of a shard: `hash` of the last one, `root` of all (64 hex digits each); see `shardRoot`. */
export interface TreeAnchor {
  readonly service: string;
  readonly shard: number;
  readonly position: number;
  readonly hash: string;
  readonly root: string;
}

type Json = Readonly<Record<string, unknown>>;
const LEAF = Buffer.of(0);
const INNER = Buffer.of(1);
const HEAD = Buffer.of(2);
const NOTHING = { service: '', shard: -1, position: 0, id: '', type: '', subject: '' };

/**
 * Checks every entry of a receipt, as parsed from its file.
 * @param anchors what `loyalty export anchors` wrote earlier, parsed; without it a receipt can only agree with itself
 */
export function checkReceipt(receipt: unknown, anchors?: unknown): CheckedReceipt {
  const failed = (problem: string): CheckedReceipt => ({ ok: false, entries: [], problem });
  const { receipt: version, entries, anchors: own } = (receipt ?? {}) as Json;
  if (version !== 1 || !Array.isArray(entries) || !Array.isArray(own) || entries.length === 0)
    return failed('this is no receipt of version 1 with `anchors` and `entries`');
  const outside = anchors === undefined ? undefined : (anchors as Json | null)?.['anchors'];
  if (anchors !== undefined && !(Array.isArray(outside) && outside.every(isAnchor)))
    return failed('the anchors are not what `loyalty export anchors` writes');
  const checked = entries.map((entry) => checkEntry((entry ?? {}) as Json, own, outside as TreeAnchor[] | undefined));
  return { ok: checked.every(({ ok }) => ok), entries: checked };
}

function checkEntry(entry: Json, own: readonly unknown[], outside: readonly TreeAnchor[] | undefined): CheckedEntry {
  const steps: ReceiptStep[] = [];
  const step = (check: ReceiptStep['check'], ok: boolean, good: string, bad: string): boolean => {
    steps.push({ check, ok, message: ok ? good : bad });
    return ok;
  };
  const bytes = Buffer.from(String(entry['bytes']), 'base64');
  const hash = sha256(bytes);
  const event = decode(bytes);
  const shown = (entry['event'] ?? {}) as Json;
  const wrong = Object.keys({ ...shown, ...event }).find((field) => shown[field] !== event?.[field]);
  const { service, shard, position, id, type, subject } = (event ?? NOTHING) as unknown as CheckedEntry;
  const tree = own.find((each) => isAnchor(each) && each.service === service && each.shard === shard) as TreeAnchor;
  const size = tree?.position;
  const top = tree && treeRoot(hash, position, size, entry['path']);
  const leaf = `leaf ${position} of the ${size} under the root`;
  const sound =
    step('form', event !== undefined, 'the bytes are an event', 'the bytes are no event as a log hashes it') &&
    step('bytes', hash.toString('hex') === entry['hash'], 'the bytes have the hash', 'the bytes have another hash') &&
    step('event', wrong === undefined, 'the event shown is what the bytes say', `${wrong} is not what the bytes say`) &&
    step('root', tree !== undefined, 'a root is named', 'no root of its service and shard is named') &&
    step('path', top !== undefined, `the path leads from ${leaf}`, `the path is none from ${leaf}`) &&
    step('root', shardRoot(tree, top as Buffer) === tree.root, `it leads to ${tree?.root}`, 'it leads to another root');
  const kept = outside?.filter((each) => each.service === service && each.shard === shard && each.position === size);
  const anchored =
    sound &&
    kept !== undefined &&
    step(
      'anchor',
      kept.length > 0 && kept.every((each) => each.root === tree.root && each.hash === tree.hash),
      `an anchor kept elsewhere has the same root at ${size}`,
      kept.length > 0
        ? `an anchor kept elsewhere has another root at ${size}: the log or the anchor was forged`
        : `no anchor stands at ${size} of shard ${shard}: ask for a receipt that hangs on yours (prove --anchor)`,
    );
  return { ok: steps.every(({ ok }) => ok), anchored, service, shard, position, id, type, subject, steps };
}

/** The root of a Merkle tree, RFC 9162, 2.1.3.2; undefined where path, position and size do not fit each other. */
export function treeRoot(hash: Buffer, position: number, size: number, path: unknown): Buffer | undefined {
  if (!Array.isArray(path) || !Number.isSafeInteger(position) || position < 1 || position > size) return undefined;
  let at = position - 1;
  let last = size - 1;
  let node = sha256(LEAF, hash);
  for (const text of path as unknown[]) {
    if (!isHash(text) || last === 0) return undefined;
    const sibling = Buffer.from(text, 'hex');
    if (at % 2 === 1 || at === last) {
      node = sha256(INNER, sibling, node);
      // A node without a partner is carried up as it is, to the level where it has one.
      for (; at % 2 === 0 && at > 0; at /= 2) last = Math.floor(last / 2);
    } else node = sha256(INNER, node, sibling);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : undefined;
}

/**
 * What an anchor says in 32 bytes: SHA-256 over a byte 2, int16 shard, int64 position, the hash of the event there, the root of the
 * Merkle tree over all events up to it, and the service's name in UTF-8. A tree's root alone does not say how many leaves it has.
 */
export function shardRoot({ service, shard, position, hash }: Omit<TreeAnchor, 'root'>, tree: Uint8Array): string {
  const place = Buffer.alloc(10);
  place.writeInt16BE(shard, 0);
  place.writeBigInt64BE(BigInt(position), 2);
  return sha256(HEAD, place, Buffer.from(hash, 'hex'), tree, Buffer.from(service)).toString('hex');
}

/** The fields of an event out of the bytes that its hash covers (layout: docs/concepts/proof.md), or undefined where they are none. */
function decode(bytes: Buffer): Json | undefined {
  let at = 76;
  const text = (): string | null => {
    const length = bytes.readUInt32BE(at);
    at += 4;
    if (length === 0xffffffff) return null;
    if (length > bytes.length - at) throw new RangeError();
    return bytes.toString('utf8', at, (at += length));
  };
  try {
    const event = {
      previous: bytes.toString('hex', 2, 34),
      shard: bytes.readInt16BE(34),
      position: Number(bytes.readBigInt64BE(36)),
      id: bytes.toString('hex', 44, 60).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      time: instant(bytes.readBigInt64BE(60)),
      recorded: instant(bytes.readBigInt64BE(68)),
      service: text(),
      type: text(),
      subject: text(),
      correlation: text(),
      causation: text(),
      trace: text(),
      data: text(),
    };
    return bytes.readUInt16BE(0) === 1 && at === bytes.length ? event : undefined;
  } catch {
    return undefined;
  }
}

/** `2026-01-25T02:00:00.000123Z` */
function instant(micros: bigint): string {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((micros - rest) / 1000n)).toISOString();
  return text.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => digest('sha256', Buffer.concat(parts), 'buffer');

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isAnchor(value: unknown): value is TreeAnchor {
  const { service, shard, position, hash, root } = (value ?? {}) as Json;
  const whole = Number.isSafeInteger(position) && Number.isInteger(shard) && Math.abs(shard as number) <= 0x7fff;
  return typeof service === 'string' && whole && isHash(hash) && isHash(root);
}
