import { CapstanError } from '@capstan/sdk';

/** Which names the server answers to, and which pages may call it. */
export interface OriginGuardOptions {
  /** Host names beside the loopback ones; a port is ignored. */
  readonly allowedHosts: readonly string[];
  /** Origins (`https://console.example.com`) or host names, beside the loopback ones. */
  readonly allowedOrigins: readonly string[];
  /** The address the server listens on. */
  readonly listenHost: string;
}

/** What a request says about how it came here. */
export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Refuses requests that a foreign web page brought here (DNS rebinding). */
export interface OriginGuard {
  /** @throws CapstanError CAPSTAN_FORBIDDEN */
  check(request: RequestOrigin): void;
  /** Whether pages of an origin may call. */
  allowsOrigin(origin: string): boolean;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const WILDCARDS = new Set(['0.0.0.0', '::', '']);

/** By default only loopback names pass, and the address that the server was told to listen on. */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  const own = WILDCARDS.has(options.listenHost) ? [] : [bracketed(options.listenHost)];
  const hosts = hostnames([...LOOPBACK, ...own, ...options.allowedHosts]);
  const names = options.allowedOrigins.filter((entry) => !entry.includes('://'));
  const originHosts = hostnames([...LOOPBACK, ...own, ...names]);
  const origins = new Set(options.allowedOrigins.map((entry) => URL.parse(entry)?.origin ?? entry));
  const allowsOrigin = (origin: string): boolean => {
    const hostname = origins.has(origin) ? undefined : URL.parse(origin)?.hostname;
    return hostname === undefined ? origins.has(origin) : originHosts.has(hostname);
  };
  return {
    allowsOrigin,
    check: ({ host, origin }) => {
      if (!hosts.has(hostnameOf(host ?? ''))) throw wrongHost(host);
      if (origin !== undefined && !allowsOrigin(origin)) throw wrongOrigin(origin);
    },
  };
}

const HOST = /^(\[[\da-f:.]+\]|[^\s:/@?#\\[\]]+)(?::\d*)?$/i;

/** The name in a `Host` value, without a port (RFC 9110, 7.2); undefined for what is none. */
function hostnameOf(host: string): string | undefined {
  return HOST.exec(host)?.[1]?.toLowerCase();
}

function bracketed(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
}

function hostnames(entries: readonly string[]): ReadonlySet<string | undefined> {
  return new Set(entries.map((entry) => hostnameOf(entry) ?? hostnameOf(bracketed(entry))).filter(Boolean));
}

function wrongHost(host: string | undefined): CapstanError {
  const message =
    host === undefined ? 'the request names no host' : `this server does not answer to the host ${shown(host)}`;
  return new CapstanError('CAPSTAN_FORBIDDEN', message, {
    hint: 'If it should, add the name to server.allowed_hosts in capstan.yaml.',
  });
}

function wrongOrigin(origin: string): CapstanError {
  return new CapstanError('CAPSTAN_FORBIDDEN', `pages of ${shown(origin)} may not call this server`, {
    hint: 'If they should, add the origin to server.allowed_origins in capstan.yaml.',
  });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 128));
}
