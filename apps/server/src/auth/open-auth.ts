import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HostSettings } from '@capstan/host';
import { createHttpClient } from '@capstan/http';
import type { KeyStore } from '@capstan/identity';
import { documentFetcher } from './document-fetcher.ts';
import type { AuthOptions } from './server-auth.ts';

/** What {@link openAuth} takes. */
export interface OpenAuthOptions {
  readonly settings: Pick<HostSettings, 'auth' | 'server' | 'egress'> | undefined;
  /** Signs sessions: of all replicas the same. */
  readonly sessionSecret: Uint8Array;
  /** Keys that are made while the server runs. */
  readonly keyStore: KeyStore;
  /** What relative paths of the settings are relative to. */
  readonly cwd: string;
}

/** How callers are known, and what has to be closed after that. */
export interface OpenedAuth {
  readonly auth: AuthOptions;
  close(): Promise<void>;
}

/** Who may come in, as the settings say. Outward requests to issuers go through the guard with the host's egress rules. */
export function openAuth({ settings, sessionSecret, keyStore, cwd }: OpenAuthOptions): OpenedAuth {
  const secrets = { keyStore, sessionSecrets: [sessionSecret] } as const;
  if (settings === undefined) return { auth: secrets, close: () => Promise.resolve() };
  const { auth, server, egress } = settings;
  const rules = { ...secrets, blocked: auth.blocked, trustedProxies: server.trustedProxies };
  if (auth.issuers.length === 0) return { auth: rules, close: () => Promise.resolve() };
  const http = createHttpClient({
    egress: { allowPrivate: egress.allowPrivate },
    certificates: egress.certificates.map((path) => readFileSync(resolve(cwd, path), 'utf8')),
  });
  const jwt = { issuers: auth.issuers, fetchDocument: documentFetcher(http) };
  return { auth: { ...rules, jwt }, close: () => http.close() };
}
