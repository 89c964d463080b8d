import { createSecret, spendSecret } from '@capstan/schema';
import type { Secret } from '@capstan/sdk';

/** What a token endpoint gave. */
export interface Grant {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  readonly obtainedAt: number;
  /** In ms since the epoch. */
  readonly expiresAt: number;
}

/** What a token endpoint says of a new token (RFC 6749, section 5.1). */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresInSeconds: number | undefined;
}

/** RFC 6749 leaves the life of a token to the documentation where the answer does not say it. */
const DEFAULT_LIFE_SECONDS = 3600;
const EARLY_MS = 30_000;

/** A grant out of an answer. A server that does not rotate refresh tokens leaves the old one in force (section 6). */
export function grantOf(answer: TokenAnswer, now: number, previous?: Grant): Grant {
  return {
    accessToken: createSecret(answer.accessToken),
    refreshToken: answer.refreshToken === undefined ? previous?.refreshToken : createSecret(answer.refreshToken),
    obtainedAt: now,
    expiresAt: now + (answer.expiresInSeconds ?? DEFAULT_LIFE_SECONDS) * 1000,
  };
}

/** Whether a token will still be good when it arrives: until 30 s before its end, or half its life where that is short. */
export function isFresh({ obtainedAt, expiresAt }: Grant, now: number): boolean {
  return now < expiresAt - Math.min(EARLY_MS, (expiresAt - obtainedAt) / 2);
}

/** A grant as text, for a store. The client belongs to it: another one cannot use it. */
export function writeGrant(grant: Grant, client: string): string {
  return JSON.stringify({
    client,
    access_token: spendSecret(grant.accessToken),
    ...(grant.refreshToken === undefined ? {} : { refresh_token: spendSecret(grant.refreshToken) }),
    obtained_at: grant.obtainedAt,
    expires_at: grant.expiresAt,
  });
}

/** A grant out of a store; undefined for one of another client, and for what is none. */
export function readGrant(text: string | undefined, client: string): Grant | undefined {
  const value = text === undefined ? undefined : parsed(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    client: owner,
    access_token,
    refresh_token,
    obtained_at,
    expires_at,
  } = value as Readonly<Record<string, unknown>>;
  if (owner !== client || typeof access_token !== 'string') return undefined;
  if (typeof obtained_at !== 'number' || typeof expires_at !== 'number') return undefined;
  return {
    accessToken: createSecret(access_token),
    refreshToken: typeof refresh_token === 'string' ? createSecret(refresh_token) : undefined,
    obtainedAt: obtained_at,
    expiresAt: expires_at,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A record that cannot be read is one that is not there: its owner connects the account again.
    return undefined;
  }
}
