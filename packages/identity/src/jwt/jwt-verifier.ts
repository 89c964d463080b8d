import { CapstanError, type Clock } from '@capstan/sdk';
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { FetchDocument } from '../documents.ts';
import { unauthenticated } from '../failure.ts';
import { refused, type TokenVerdict, type TokenVerifier } from '../token-verifier.ts';
import { matchAudience } from './audience.ts';
import { type ClaimFlaw, callerOfClaims } from './claims.ts';
import { IssuerKeys, IssuerUnreachable } from './issuer-keys.ts';
import type { JwtIssuer } from './jwt-settings.ts';

/** What {@link jwtVerifier} takes. */
export interface JwtVerifierOptions {
  readonly issuers: readonly JwtIssuer[];
  /** URL of this server without a trailing slash; tokens for it, and for its MCP endpoints, are for us. */
  readonly resource: () => string;
  readonly fetchDocument: FetchDocument;
  readonly clock?: Clock;
  /** Hears why the keys of an issuer cannot be had. */
  readonly onError?: (error: Error) => void;
}

interface Trusted {
  readonly issuer: JwtIssuer;
  readonly keys: IssuerKeys;
}

const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** RFC 9068, section 2.1, and what issuers write that do not know it. A token of another type is for something else. */
const ACCESS_TOKEN_TYPES = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);

/** Checks access tokens that other issuers signed, as a resource server of OAuth 2.1 (RFC 9068, RFC 8725). */
export function jwtVerifier(options: JwtVerifierOptions): TokenVerifier {
  const clock = options.clock ?? Date;
  const trusted = new Map<string, Trusted>();
  for (const issuer of options.issuers) {
    const { fetchDocument } = options;
    const where = issuer.jwksUrl === undefined ? {} : { jwksUrl: issuer.jwksUrl };
    const keys = new IssuerKeys({ issuer: issuer.issuer, ...where, fetchDocument, clock });
    trusted.set(issuer.issuer, { issuer, keys });
  }
  return {
    recognises: (token) => FORM.test(token),
    verify: async (token) => {
      const found = trustedOf(token, trusted);
      if (found === undefined) return refused(unauthenticated('this token is of no issuer that is trusted here'));
      try {
        return verdictOn(await checkedClaims(token, found, clock), found.issuer, options.resource());
      } catch (error) {
        if (error instanceof IssuerUnreachable) options.onError?.(error);
        return refusalFor(error);
      }
    },
  };
}

function trustedOf(token: string, trusted: ReadonlyMap<string, Trusted>): Trusted | undefined {
  try {
    const { iss } = decodeJwt(token);
    return iss === undefined ? undefined : trusted.get(iss);
  } catch {
    // Not even a token; the answer is the same as for one of a stranger.
    return undefined;
  }
}

async function checkedClaims(token: string, { issuer, keys }: Trusted, clock: Clock): Promise<JWTPayload> {
  const { typ, alg } = decodeProtectedHeader(token);
  if (!ACCESS_TOKEN_TYPES.has(typ?.toLowerCase())) throw new errors.JWTInvalid('another type');
  if (!issuer.algorithms.some((allowed) => allowed === alg)) throw new errors.JOSEAlgNotAllowed('not on the list');
  const { payload } = await jwtVerify(token, keys.getKey, {
    issuer: issuer.issuer,
    algorithms: [...issuer.algorithms],
    clockTolerance: issuer.clockSkewS,
    currentDate: new Date(clock.now()),
    requiredClaims: ['exp'],
  });
  return payload;
}

function verdictOn(claims: JWTPayload, issuer: JwtIssuer, resource: string): TokenVerdict {
  // RFC 9449, section 7.1; RFC 8705, section 3: who stole it could use it, if it counted without its key.
  if ('cnf' in claims) return refused(unauthenticated('this token is bound to a key that was not shown'));
  const match = matchAudience(claims.aud, resource, issuer.audience);
  if (match === undefined) {
    const hint = `Ask the issuer for a token with the resource ${resource}/mcp.`;
    return refused(unauthenticated('this token is for another audience', hint));
  }
  const caller = callerOfClaims(claims, issuer, match.kind === 'workspace' ? match.workspace : undefined);
  return typeof caller === 'string' ? refused(withoutAccess(caller)) : { kind: 'valid', caller };
}

function withoutAccess(flaw: ClaimFlaw): CapstanError {
  if (flaw === 'no_subject') return unauthenticated('this token does not say whom it is for');
  const lacks = flaw === 'no_role' ? 'role' : 'workspace';
  return new CapstanError('CAPSTAN_FORBIDDEN', `this account has no ${lacks} here`, {
    hint: `An operator maps its claims to a ${lacks} under auth.jwt in capstan.yaml.`,
  });
}

function refusalFor(error: unknown): TokenVerdict {
  if (error instanceof IssuerUnreachable) {
    const message = 'this token cannot be checked now: the keys of its issuer cannot be fetched';
    return refused(new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', message, { cause: error }));
  }
  if (error instanceof errors.JWTExpired) return refused(unauthenticated('this token has expired', 'Get a new one.'));
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') {
    return refused(unauthenticated('this token is not valid yet'));
  }
  return refused(unauthenticated('this token is not valid here'), true);
}
