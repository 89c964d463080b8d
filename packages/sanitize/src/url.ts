import ipaddr from 'ipaddr.js';
import { refusal, shown } from './refusal.ts';

/** Which URLs a tool takes from its caller. */
export interface UrlPolicy {
  /** Hosts: `api.example.com`, `*.example.com` (one or more labels before it), with a port where it matters: `x.org:8443`. */
  readonly hosts: readonly string[];
  /** Default: https only. */
  readonly schemes?: readonly ('http' | 'https')[];
  /** Whether an address such as 127.0.0.1 may stand in place of a name, if it is listed. Default false. */
  readonly allowPrivateAddresses?: boolean;
}

const MAX_LENGTH = 8192;
/** The URL parser drops tabs and line breaks and turns backslashes round: two readers would see two URLs. */
const AMBIGUOUS = /[\s\p{Cc}\\]/u;

/**
 * A URL that a caller sent, parsed and on the list. What it resolves to is checked where the socket is opened: by the
 * host's `http`, never here.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`.
 */
export function checkUrl(text: string, policy: UrlPolicy): URL {
  const { schemes = ['https'], hosts, allowPrivateAddresses = false } = policy;
  const url = parse(text);
  const scheme = url.protocol.slice(0, -1);
  if (!schemes.some((allowed) => allowed === scheme)) {
    throw refusal(`The URL ${shown(text)} has the scheme "${scheme}".`, `Use ${schemes.join(' or ')}.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal(`The URL of ${shown(url.host)} has a user name or a password.`, 'Take it out.');
  }
  const hostname = withoutFinalDot(url.hostname);
  if (!allowPrivateAddresses && isPrivate(hostname)) {
    throw refusal(`The URL ${shown(text)} names an address that is not public.`, 'Use the name of a public host.');
  }
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  if (!hosts.some((entry) => matches(entry, hostname, { port, hasOwnPort: url.port !== '' }))) {
    throw refusal(
      `The URL ${shown(text)} has the host ${shown(url.host)}, which is not allowed.`,
      `Allowed: ${hosts.join(', ')}.`,
      {
        allowed: [...hosts],
      },
    );
  }
  return url;
}

function parse(text: string): URL {
  const url = text.length > MAX_LENGTH || AMBIGUOUS.test(text) ? null : URL.parse(text);
  if (url === null) {
    throw refusal(`${shown(text)} is no URL.`, 'Write an absolute URL without spaces, line breaks or backslashes.');
  }
  return url;
}

function matches(
  entry: string,
  hostname: string,
  { port, hasOwnPort }: { port: number; hasOwnPort: boolean },
): boolean {
  const parsed = URL.parse(`http://${entry}`);
  if (parsed === null || entry.includes('/')) throw new TypeError(`the allowed host ${shown(entry)} is none`);
  const listedPort = /:(\d+)$/.exec(entry)?.[1];
  // An entry without a port means the scheme's own: another port is another service.
  if (listedPort === undefined ? hasOwnPort : Number(listedPort) !== port) return false;
  const pattern = withoutFinalDot(parsed.hostname);
  if (!pattern.startsWith('*.')) return pattern === hostname;
  return hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1;
}

function isPrivate(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (!ipaddr.isValid(literal)) return false;
  // `process` turns an IPv4 address inside IPv6 into itself.
  const address = ipaddr.process(literal);
  if (address.range() !== 'unicast') return true;
  // Of IPv6 only 2000::/3 is routed on the internet.
  return address instanceof ipaddr.IPv6 && ((address.parts[0] ?? 0) & 0xe000) !== 0x2000;
}

function withoutFinalDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}
