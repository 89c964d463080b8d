import { ACTION_SCOPES } from './roles.ts';

/** What a refused client is told about how to get in (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface Challenge {
  /** Where the metadata of the resource is; absent where nobody signs in with tokens. */
  readonly metadataUrl?: string;
  /** A token was shown and is not good. */
  readonly isInvalid: boolean;
}

/** The value of `WWW-Authenticate`. */
export function bearerChallenge({ metadataUrl, isInvalid }: Challenge): string {
  const parameters = [
    'realm="capstan"',
    ...(isInvalid ? ['error="invalid_token"'] : []),
    ...(metadataUrl === undefined ? [] : [`resource_metadata="${metadataUrl}"`]),
  ];
  return `Bearer ${parameters.join(', ')}`;
}

/** Where the metadata of a path of this server is (RFC 9728, section 3.1). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The metadata of a protected resource (RFC 9728, section 2). @param resource the URL that clients ask tokens for */
export function resourceMetadata(resource: string, issuers: readonly string[]): object {
  return {
    resource,
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
    scopes_supported: ACTION_SCOPES.filter((scope) => scope.startsWith('tools:')),
    resource_name: 'Capstan',
  };
}
