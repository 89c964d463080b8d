import { maskSecrets } from '@capstan/schema';
import { CapstanError, type ErrorCode, isCapstanError } from '@capstan/sdk';
import * as oauth from 'oauth4webapi';
import { egressHintOf } from '../address-guard.ts';
import { HttpFailure, type HttpFailureFacts, type HttpFailureKind } from '../http-failure.ts';

const CODES: Readonly<Partial<Record<HttpFailureKind, ErrorCode>>> = {
  egress_denied: 'CAPSTAN_EGRESS_DENIED',
  timeout: 'CAPSTAN_REMOTE_TIMEOUT',
  cancelled: 'CAPSTAN_CANCELLED',
  closed: 'CAPSTAN_DRAINING',
  too_large: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  protocol: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
};

/** What came of a request to an authorization server that gave no token. The cause holds no token either. */
export function tokenFailure(
  thrown: unknown,
  who: { readonly connection: string; readonly server: string },
): CapstanError {
  if (isCapstanError(thrown)) return thrown;
  const details = { connection: who.connection, authorization_server: who.server };
  if (thrown instanceof HttpFailure) {
    return new CapstanError(
      CODES[thrown.kind] ?? 'CAPSTAN_REMOTE_UNREACHABLE',
      `No token for connection "${who.connection}": ${maskSecrets(thrown.message)}.`,
      { cause: thrown, details: { ...details, reason: thrown.kind }, ...egressHintOf(thrown) },
    );
  }
  if (thrown instanceof oauth.ResponseBodyError) return refusal(thrown, who, details);
  if (thrown instanceof oauth.AuthorizationResponseError) {
    return refused(thrown, `${who.server} did not let the account be connected`, details);
  }
  if (thrown instanceof oauth.WWWAuthenticateChallengeError) {
    return new CapstanError(
      'CAPSTAN_REMOTE_AUTH',
      `${who.server} refused the client of connection "${who.connection}" (401).`,
      {
        hint: CLIENT_HINT,
        details: { ...details, oauth_error: 'invalid_client' },
      },
    );
  }
  return outsideProtocol(thrown, who, details);
}

/** The error code of RFC 6749, section 5.2, where the server gave one. */
export function oauthErrorOf(error: unknown): string | undefined {
  if (!isCapstanError(error)) return undefined;
  const { oauth_error } = error.details;
  return typeof oauth_error === 'string' ? oauth_error : undefined;
}

const CLIENT_HINT = 'Check client_id, client_secret and client_auth of the connection.';

const HINTS: Readonly<Record<string, string>> = {
  invalid_client: CLIENT_HINT,
  unauthorized_client: 'Allow this grant type for the client at the authorization server.',
  invalid_scope: 'Correct scopes of the connection: the server does not grant these to the client.',
  invalid_target: 'Correct resource of the connection: the server does not know it (RFC 8707).',
};

type Details = Readonly<Record<string, string>>;

function refusal(error: oauth.ResponseBodyError, who: { readonly server: string }, details: Details): CapstanError {
  if (error.status >= 500 || error.error === 'temporarily_unavailable' || error.error === 'server_error') {
    return new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', `${who.server} gives no tokens now (${error.status}).`, {
      details: { ...details, oauth_error: foreign(error.error) },
    });
  }
  return refused(error, `${who.server} refused to give a token`, details);
}

function refused(
  { error, error_description }: { readonly error: string; readonly error_description?: string | undefined },
  what: string,
  details: Details,
): CapstanError {
  const said = error_description === undefined ? foreign(error) : `${foreign(error)}: ${foreign(error_description)}`;
  return new CapstanError('CAPSTAN_REMOTE_AUTH', `${what} (${said}).`, {
    hint: HINTS[error] ?? 'Compare auth of the connection with what the authorization server has for this client.',
    details: { ...details, oauth_error: foreign(error) },
  });
}

/** The library's own causes hold the whole answer, so they are not kept. */
function outsideProtocol(
  thrown: unknown,
  { connection, server }: { readonly connection: string; readonly server: string },
  details: Details,
): CapstanError {
  const status = statusOf(thrown);
  if (status !== undefined && status >= 500) {
    return new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', `${server} gives no tokens now (${status}).`, { details });
  }
  const why = thrown instanceof Error ? foreign(thrown.message) : 'the answer is not one of OAuth 2.0';
  return new CapstanError(
    'CAPSTAN_REMOTE_INVALID_RESPONSE',
    `No token for connection "${connection}": ${server}: ${why}.`,
    {
      hint: 'Check issuer, token_url and authorization_url of the connection: what answers there is no OAuth 2.0 server.',
      details,
    },
  );
}

function statusOf(thrown: unknown): number | undefined {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Response ? cause.status : undefined;
}

const MAX_FOREIGN_LENGTH = 300;

/** Text of a server: one line, without secrets, not too long. */
function foreign(text: string): string {
  return maskSecrets(text.replaceAll(/\p{C}+/gu, ' ')).slice(0, MAX_FOREIGN_LENGTH);
}

/** For waits that end without the request being made. */
export function unsent(kind: HttpFailureKind, message: string, cause?: unknown): HttpFailure {
  const facts: HttpFailureFacts = { sent: false, cause };
  return new HttpFailure(kind, message, facts);
}
