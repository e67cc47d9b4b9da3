import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';

/** Keys by subject; null = destroyed. */
export type SubjectKeys = ReadonlyMap<string, Buffer | null>;

/** What a sealed field reads as once its subject's key is destroyed or missing. */
export const ERASED: unique symbol = Symbol('erased');

const PREFIX = 'sealed:1:';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function newSubjectKey(): Buffer {
  return randomBytes(32);
}

/**
 * The data with the named text fields encrypted: AES-256-GCM under the subject's key, bound to event and field so that it cannot be
 * moved elsewhere. `sealed:1:` + base64url(iv 12 bytes | tag 16 bytes | ciphertext). Absent fields stay absent.
 * With a destroyed key the text is encrypted under one that nobody keeps: it reads as erased.
 */
export function sealData(data: unknown, fields: readonly string[], eventId: string, key: Buffer | null): unknown {
  const sealed = { ...(data as Record<string, unknown>) };
  for (const field of fields) {
    const text = sealed[field];
    if (text === undefined || text === null) continue;
    if (typeof text !== 'string') throw new TypeError(`sealed field ${field} is not text`);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key ?? newSubjectKey(), iv);
    cipher.setAAD(Buffer.from(`${eventId}/${field}`));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    sealed[field] = PREFIX + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
  }
  return sealed;
}

/** A sealed field as found in an event or in a read model that copied it. */
export interface SealedField {
  readonly subject: string;
  readonly eventId: string;
  readonly field: string;
  /** The ciphertext. */
  readonly value: string;
}

/**
 * The plain texts, in the order asked; ERASED where the subject's key is gone. Only the writing service holds the keys.
 * Rejects when a ciphertext is not what was sealed for that event and field.
 */
export async function openSealed(
  db: Pool | ClientBase,
  schema: string,
  fields: readonly SealedField[],
): Promise<(string | typeof ERASED)[]> {
  if (fields.length === 0) return [];
  const subjects = [...new Set(fields.map((field) => field.subject))];
  const { rows } = await db.query<{ subject: string; key: Buffer }>(
    `SELECT subject, key FROM ${schema}.subject_keys WHERE subject = ANY ($1) AND key IS NOT NULL`,
    [subjects],
  );
  const keys = new Map(rows.map((row) => [row.subject, row.key]));
  return fields.map((field) => {
    const key = keys.get(field.subject);
    return key ? open(field, key) : ERASED;
  });
}

function open({ eventId, field, value }: SealedField, key: Buffer): string | typeof ERASED {
  if (!value.startsWith(PREFIX)) throw new TypeError(`field ${field} of event ${eventId} is not sealed`);
  const bytes = Buffer.from(value.slice(PREFIX.length), 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(`${eventId}/${field}`));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}
