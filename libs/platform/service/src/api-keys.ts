import { createHash, randomBytes } from 'node:crypto';
import { migrate } from '@loyalty/database';
import type { Pool } from 'pg';
import type { Scope } from './scopes.ts';

/** Where keys live: their own schema, because they belong to no service's log. */
const SCHEMA = 'access';
const PREFIX = 'loyalty_';
const ISO = `'YYYY-MM-DD"T"HH24:MI:SS"Z"'`;

export interface ApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export interface ApiKeyRecord extends ApiKey {
  readonly created: string;
  readonly revoked: string | null;
}

/** Finds who a secret belongs to. */
export interface KeyStore {
  find(secret: string): Promise<ApiKey | undefined>;
}

/** Thrown when a key of this name is in use already. */
export class KeyNameTakenError extends Error {
  override readonly name = 'KeyNameTakenError';
}

/** API keys in PostgreSQL. A secret is shown once, by what creates it; stored is its SHA-256 (256 random bits need no slow hash). */
export class ApiKeys implements KeyStore {
  private readonly pool: Pool;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  async install(): Promise<void> {
    await migrate(this.pool, SCHEMA, new URL('../migrations/', import.meta.url));
  }

  async find(secret: string): Promise<ApiKey | undefined> {
    const { rows } = await this.pool.query<ApiKey>({
      name: 'access-find',
      text: `SELECT name, scopes FROM ${SCHEMA}.keys WHERE hash = $1 AND revoked IS NULL`,
      values: [hashOf(secret)],
    });
    return rows[0];
  }

  /** Gives the secret, which cannot be had again. Rejects with KeyNameTakenError. @param secret @default a new one */
  async create(
    name: string,
    scopes: readonly Scope[],
    secret = PREFIX + randomBytes(32).toString('base64url'),
  ): Promise<string> {
    const { rowCount } = await this.pool.query(
      `INSERT INTO ${SCHEMA}.keys (hash, name, scopes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [hashOf(secret), name, scopes],
    );
    if (rowCount === 0)
      throw new KeyNameTakenError(`There is a key named ${name} already: choose another name, or revoke it first.`);
    return secret;
  }

  /**
   * Makes the very first key, and gives its secret to be shown; undefined when there ever was one, or when the secret was given. Several
   * processes may ask at once.
   */
  async createFirst(name: string, given?: string): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ some: boolean }>(`SELECT EXISTS (SELECT FROM ${SCHEMA}.keys) AS some`);
    if (rows[0]?.some) return undefined;
    try {
      const secret = await this.create(name, ['*'], given);
      return given === undefined ? secret : undefined;
    } catch (error) {
      if (error instanceof KeyNameTakenError) return undefined;
      throw error;
    }
  }

  /** False when no key of that name is in use. */
  async revoke(name: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE ${SCHEMA}.keys SET revoked = clock_timestamp() WHERE name = $1 AND revoked IS NULL`,
      [name],
    );
    return rowCount === 1;
  }

  async list(): Promise<ApiKeyRecord[]> {
    const { rows } = await this.pool.query<ApiKeyRecord>(
      `SELECT name, scopes, to_char(created, ${ISO}) AS created, to_char(revoked, ${ISO}) AS revoked FROM ${SCHEMA}.keys ORDER BY keys.created, name`,
    );
    return rows;
  }
}

/** Keys written down by a test, each its own name. */
export function fixedKeys(scopesBySecret: Readonly<Record<string, readonly Scope[]>>): KeyStore {
  return {
    find: (secret) =>
      Promise.resolve(
        Object.hasOwn(scopesBySecret, secret) ? { name: secret, scopes: scopesBySecret[secret] ?? [] } : undefined,
      ),
  };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
