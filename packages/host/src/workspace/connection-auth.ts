import { createSecret } from '@capstan/schema';
import type { ConnectionAuth, ResolvedConfig, ResolvedValue } from '@capstan/sdk';
import { SECRET_AUTH_FIELDS } from '../settings/auth-fields.ts';
import type { ConnectionAuthSettings, ConnectionSettings, SealedConnection } from '../settings/settings-model.ts';

/** Resolves the references of one field; undefined where it is empty or cannot be resolved. */
export type ReadField = (text: string, field: string) => string | undefined;

/**
 * The auth of a connection, secrets opaque. A bearer token stands in the resolved config where the pack's schema has
 * `api_token`: one place to look, one priority order. Any other type that was declared is the connection's own.
 */
export function connectionAuth(
  settings: Pick<ConnectionSettings, 'auth' | 'sealed'> | undefined,
  config: ResolvedConfig,
  read: ReadField,
): ConnectionAuth {
  const auth = settings?.auth;
  const sealed = settings?.sealed.auth ?? {};
  if (auth !== undefined && auth.type !== 'none' && auth.type !== 'bearer') return ownAuth(auth, sealed, read);
  const written = config.api_token === undefined ? auth?.token : undefined;
  const ownToken = written === undefined ? sealedToken(auth, sealed) : read(written, 'auth.token');
  const token = config.api_token ?? (ownToken === undefined ? undefined : createSecret(ownToken));
  return token === undefined ? { type: 'none' } : { type: 'bearer', token };
}

/** Of a pack whose schema has no key for it. */
function sealedToken(auth: ConnectionAuthSettings | undefined, sealed: SealedConnection['auth']): string | undefined {
  return auth?.type === 'bearer' ? sealed.token : undefined;
}

function ownAuth(
  { type, fields }: ConnectionAuthSettings,
  sealed: SealedConnection['auth'],
  read: ReadField,
): ConnectionAuth {
  const resolved = Object.entries(fields).map(([name, value]): [string, ResolvedValue | undefined] => {
    if (typeof value !== 'string') return [name, value.map((text) => read(text, `auth.${name}`) ?? '')];
    const text = read(value, `auth.${name}`);
    return [name, text === undefined || !SECRET_AUTH_FIELDS.has(name) ? text : createSecret(text)];
  });
  const secrets = Object.entries(sealed).map(([name, text]) => [name, createSecret(text)] as const);
  return { ...Object.fromEntries([...resolved, ...secrets]), type };
}
