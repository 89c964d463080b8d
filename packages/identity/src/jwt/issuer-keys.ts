import type { Clock } from '@capstan/sdk';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { type FetchDocument, memberOf } from '../documents.ts';

/*
 * 1. One fetch at a time: whoever comes while it runs waits for it.
 * 2. After an attempt the next one is COOLDOWN_MS away, whatever asks for it: tokens with made-up key ids cannot make
 *    this host hammer the issuer.
 * 3. Keys older than FRESH_MS are fetched anew before they are used; where that fails they count for STALE_MS and no longer.
 */
const FRESH_MS = 600_000;
const STALE_MS = 3_600_000;
const COOLDOWN_MS = 30_000;

/** What {@link IssuerKeys} needs. */
export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Absent: asked of the issuer's metadata. */
  readonly jwksUrl?: string;
  readonly fetchDocument: FetchDocument;
  readonly clock: Clock;
}

/** The keys cannot be had. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}

interface LoadedKeys {
  readonly getKey: JWTVerifyGetKey;
  readonly loadedAt: number;
}

/** The public keys of an issuer (RFC 7517), as they are now. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #loaded: LoadedKeys | undefined;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /**
   * The key that a header names. An unknown one makes the keys be fetched again, once.
   * @throws IssuerUnreachable where there are none; an error of jose where the key is not among them
   */
  readonly getKey: JWTVerifyGetKey = async (header, token) => {
    if (!this.#isYoungerThan(FRESH_MS)) await this.#refresh();
    const known = this.#usable();
    try {
      return await known.getKey(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayAttempt()) throw error;
      await this.#refresh();
      return this.#usable().getKey(header, token);
    }
  };

  #isYoungerThan(ms: number): boolean {
    return this.#loaded !== undefined && this.#options.clock.now() - this.#loaded.loadedAt < ms;
  }

  #mayAttempt(): boolean {
    return this.#options.clock.now() - this.#attemptedAt >= COOLDOWN_MS;
  }

  #usable(): LoadedKeys {
    if (this.#loaded !== undefined && this.#isYoungerThan(STALE_MS)) return this.#loaded;
    throw new IssuerUnreachable(`the keys of ${this.#options.issuer} cannot be fetched`);
  }

  #refresh(): Promise<void> {
    if (this.#loading !== undefined) return this.#loading;
    if (!this.#mayAttempt()) return Promise.resolve();
    this.#attemptedAt = this.#options.clock.now();
    this.#loading = this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    try {
      const url = this.#options.jwksUrl ?? (await this.#discover());
      const document = await this.#options.fetchDocument(url);
      this.#loaded = { getKey: createLocalJWKSet(keySetIn(document)), loadedAt: this.#options.clock.now() };
    } catch (cause) {
      if (!this.#isYoungerThan(STALE_MS)) {
        throw new IssuerUnreachable(`the keys of ${this.#options.issuer} cannot be fetched`, { cause });
      }
    }
  }

  /** RFC 8414, section 3; OpenID Connect Discovery, section 4. */
  async #discover(): Promise<string> {
    const { issuer } = this.#options;
    const failures: unknown[] = [];
    for (const url of metadataUrls(issuer)) {
      try {
        return jwksUrlIn(await this.#options.fetchDocument(url), issuer);
      } catch (error) {
        failures.push(error);
      }
    }
    throw new AggregateError(failures, `${issuer} has no metadata`);
  }
}

/** Where the metadata of an issuer may be. */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/openid-configuration${path}`,
  ].filter((url, index, urls) => urls.indexOf(url) === index);
}

function jwksUrlIn(metadata: unknown, issuer: string): string {
  const [named, url] = [memberOf(metadata, 'issuer'), memberOf(metadata, 'jwks_uri')];
  if (named !== issuer) throw new Error(`the metadata is of another issuer: ${JSON.stringify(named)}`);
  if (typeof url !== 'string') throw new Error('the metadata has no jwks_uri');
  return url;
}

function keySetIn(document: unknown): { keys: object[] } {
  const keys = memberOf(document, 'keys');
  if (!Array.isArray(keys)) throw new Error('the document has no keys');
  // Only public keys verify; a secret one among them would make everybody an issuer.
  return { keys: keys.filter((key): key is object => typeof key === 'object' && key !== null && !('k' in key)) };
}
