import { randomUUID } from 'node:crypto';
import { CapstanError, type Clock } from '@capstan/sdk';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { type Caller, reaches, type WorkspaceReach, withScopes } from '../caller.ts';
import { unauthenticated } from '../failure.ts';
import { RecentMap } from '../recent-map.ts';
import { isScope, permissionsIn, rolesWithin, type Scope } from '../roles.ts';
import type { KeySource } from '../stored-key.ts';
import { refused, type TokenVerdict, type TokenVerifier } from '../token-verifier.ts';

/*
 * 1. A session has no more rights than its maker had, in no other workspaces, and is over when its maker's credential is.
 * 2. It is signed with a secret that signs nothing else, by one algorithm that is fixed here: what its header says decides
 *    nothing.
 * 3. It is checked without asking a store. That its key was ended is heard, and remembered for more keys than end in the
 *    longest life of a session.
 */
const PREFIX = 'caps_';
const ALGORITHM = 'HS256';
const TYPE = 'capstan-session+jwt';
const ISSUER = 'capstan';
const DEFAULT_LIFE_MS = 900_000;
const MAX_LIFE_MS = 3_600_000;
const MIN_SECRET_BYTES = 32;
const ENDED_KEYS = 100_000;
const MANAGES_ALL = 'host:manage';

/** What {@link SessionTokens} takes. */
export interface SessionTokensOptions {
  /** At least 32 random bytes each, the same on all replicas. The first one signs, the others are on their way out. */
  readonly secrets: readonly [Uint8Array, ...Uint8Array[]];
  /** Their keys end the sessions that were made with them. */
  readonly keys: readonly KeySource[];
  readonly clock?: Clock;
  readonly newId?: () => string;
}

/** What a session is to be. */
export interface NewSession {
  /** In ms; default 15 minutes, at most an hour, and never longer than the maker's credential. */
  readonly lifeMs?: number;
  /** Default: those of the maker, without `host:manage`. */
  readonly scopes?: readonly Scope[];
  /** Default: those of the maker. */
  readonly workspace?: string;
}

/** A session that was made. */
export interface CreatedSession {
  readonly token: string;
  readonly caller: Caller;
  /** In ms since the epoch. */
  readonly expiresAt: number;
}

/** Makes and checks short sessions, for browsers and for agents of agents. */
export class SessionTokens implements TokenVerifier {
  readonly #secrets: SessionTokensOptions['secrets'];
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #ended = new RecentMap<true>(ENDED_KEYS);

  /** @throws RangeError for a secret that could be guessed */
  constructor({ secrets, keys, clock = Date, newId = randomUUID }: SessionTokensOptions) {
    if (secrets.some(({ length }) => length < MIN_SECRET_BYTES)) throw new RangeError('a session secret is too short');
    this.#secrets = secrets;
    this.#clock = clock;
    this.#newId = newId;
    for (const source of keys) {
      source.onChange((change) => {
        if (change.kind === 'ended') this.#ended.set(change.id, true);
      });
    }
  }

  /**
   * Makes a session of a caller's.
   * @throws CapstanError CAPSTAN_FORBIDDEN for a session of a session, CAPSTAN_INVALID_ARGUMENTS for more than the caller has
   */
  async create(maker: Caller, wanted: NewSession): Promise<CreatedSession> {
    const caller = sessionOf(maker, wanted);
    const now = this.#clock.now();
    const lifeMs = Math.min(wanted.lifeMs ?? DEFAULT_LIFE_MS, MAX_LIFE_MS);
    if (!(lifeMs >= 1000)) throw unfit('a session lives for at least a second');
    // Whole seconds (RFC 7519, section 2), and never beyond the maker's own end.
    const expiresAt = Math.floor(Math.min(now + lifeMs, maker.expiresAt) / 1000) * 1000;
    const claims = {
      scopes: [...caller.scopes],
      workspaces: caller.workspaces,
      ...(caller.keyId === undefined ? {} : { key: caller.keyId }),
    };
    const jwt = await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setSubject(caller.principal.id)
      .setJti(this.#newId())
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(expiresAt / 1000)
      .sign(this.#secrets[0]);
    return { token: PREFIX + jwt, caller: { ...caller, expiresAt }, expiresAt };
  }

  recognises(token: string): boolean {
    return token.startsWith(PREFIX);
  }

  async verify(token: string): Promise<TokenVerdict> {
    for (const secret of this.#secrets) {
      const claims = await this.#claimsOf(token.slice(PREFIX.length), secret);
      if (claims === 'expired') return refused(unauthenticated('this session is over', 'Make a new one.'));
      if (claims !== 'invalid') return this.#verdictOn(claims);
    }
    return refused(unauthenticated('this session is not valid here'), true);
  }

  async #claimsOf(jwt: string, secret: Uint8Array): Promise<JWTPayload | 'expired' | 'invalid'> {
    try {
      const options = { algorithms: [ALGORITHM], typ: TYPE, issuer: ISSUER, requiredClaims: ['exp', 'sub'] };
      const { payload } = await jwtVerify(jwt, secret, { ...options, currentDate: new Date(this.#clock.now()) });
      return payload;
    } catch (error) {
      return error instanceof errors.JWTExpired ? 'expired' : 'invalid';
    }
  }

  #verdictOn({ sub, exp, scopes, workspaces, key }: JWTPayload): TokenVerdict {
    const reach = reachIn(workspaces);
    if (sub === undefined || exp === undefined || reach === undefined || !Array.isArray(scopes)) {
      return refused(unauthenticated('this session is not valid here'), true);
    }
    const keyId = typeof key === 'string' ? key : undefined;
    if (keyId !== undefined && this.#ended.get(keyId))
      return refused(unauthenticated('the key of this session was revoked'));
    const held = scopes.filter(isScope);
    const principal = Object.freeze({ id: sub, roles: rolesWithin(new Set(held)), permissions: permissionsIn(held) });
    const of = keyId === undefined ? {} : { keyId };
    const caller: Caller = {
      kind: 'session',
      principal,
      scopes: new Set(held),
      workspaces: reach,
      ...of,
      expiresAt: exp * 1000,
    };
    return { kind: 'valid', caller: Object.freeze(caller) };
  }
}

function sessionOf(maker: Caller, { scopes, workspace }: NewSession): Caller {
  if (maker.kind === 'session') {
    throw new CapstanError('CAPSTAN_FORBIDDEN', 'a session makes no session', {
      hint: 'Make it with the key or the token that the first one was made with.',
    });
  }
  const foreign = scopes?.find((scope) => !maker.scopes.has(scope));
  if (foreign !== undefined) throw unfit(`this caller has no scope ${JSON.stringify(foreign)} to give away`);
  if (workspace !== undefined && !reaches(maker, workspace)) throw unfit('this caller is not of that workspace');
  if (workspace !== undefined && scopes?.includes(MANAGES_ALL) === true) {
    throw unfit('a session of one workspace does not manage the host');
  }
  const given = scopes ?? [...maker.scopes].filter((scope) => scope !== MANAGES_ALL);
  const narrowed = withScopes(maker, given);
  return { ...narrowed, kind: 'session', workspaces: workspace === undefined ? maker.workspaces : [workspace] };
}

function unfit(message: string): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', message, { hint: 'Ask for less: a session only narrows.' });
}

function reachIn(value: unknown): WorkspaceReach | undefined {
  if (value === 'all') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const names = value.filter((one) => typeof one === 'string');
  return names.length === value.length ? Object.freeze(names) : undefined;
}
