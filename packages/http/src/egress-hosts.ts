import { CapstanError } from '@capstan/sdk';
import type { HttpTarget } from './types.ts';

/**
 * Parses and checks a base URL. All comparisons are made on what the URL parser made of it (WHATWG URL: lower case,
 * punycode, decimal, octal and hexadecimal addresses as dotted ones), and that is also what is connected to.
 */
export function parseTarget(url: string, egress: readonly string[] | undefined): HttpTarget {
  const parsed = parseUrl(url);
  checkShape(parsed);
  const hostname = withoutFinalDot(parsed.hostname);
  const port = effectivePort(parsed);
  if (egress !== undefined && !egress.some((entry) => parseEntry(entry)(hostname, port))) {
    throw new CapstanError('CAPSTAN_EGRESS_DENIED', `The host "${hostname}" is not on the egress list of this pack.`, {
      details: { host: hostname, port, allowed: [...egress] },
    });
  }
  return {
    origin: `${parsed.protocol}//${hostname}${parsed.port === '' ? '' : `:${parsed.port}`}`,
    basePath: parsed.pathname.replace(/\/+$/, ''),
    hostname,
  };
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed) return parsed;
  // The text may hold a password where it is no URL at all: it is not repeated.
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', 'The base URL is not an absolute URL.', {
    hint: 'Write it in full, such as https://tools.example.com/api.',
  });
}

function checkShape(url: URL): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new CapstanError('CAPSTAN_EGRESS_DENIED', `A request may use http or https, not "${url.protocol}".`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new CapstanError(
      'CAPSTAN_CONFIG_INVALID',
      `The base URL of "${url.host}" has a user name or password in it.`,
      {
        hint: 'Take it out of the URL and set the credentials of the connection instead.',
      },
    );
  }
  if (url.search !== '') {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `The base URL of "${url.host}" has a query.`, {
      hint: 'A base URL ends with its path; paths of tools are appended to it.',
    });
  }
}

/** `host` any port, `host:port` that port, a URL its scheme's or its own port; `*.` stands for one or more labels. */
function parseEntry(entry: string): (hostname: string, port: number) => boolean {
  const isUrl = entry.includes('://');
  const parsed = URL.parse(isUrl ? entry : `http://${entry}`);
  if (!parsed?.hostname || parsed.username !== '' || parsed.hostname === '*') {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `The egress entry "${entry}" names no host.`, {
      hint: 'Write a host, host:port, *.example.com or a URL.',
    });
  }
  const port = isUrl || /:\d+$/.test(entry) ? effectivePort(parsed) : undefined;
  const pattern = withoutFinalDot(parsed.hostname);
  return (hostname, actual) => (port === undefined || port === actual) && matchesHost(pattern, hostname);
}

function matchesHost(pattern: string, hostname: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === hostname;
  const suffix = pattern.slice(1);
  return hostname.length > suffix.length && hostname.endsWith(suffix);
}

function effectivePort(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** The root's dot: `example.com.` is the host `example.com`, in DNS and in certificates. */
function withoutFinalDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}
