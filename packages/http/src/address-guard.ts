import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CapstanError } from '@capstan/sdk';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** One address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Every address of a host name; `options` are those of Node's `dns.lookup`. */
export type HostLookup = (
  hostname: string,
  options: { readonly family?: number; readonly hints?: number },
) => Promise<readonly ResolvedAddress[]>;

/** A host whose addresses are all forbidden. The addresses are for operators: they stand in `addresses`, not in the message. */
export class EgressRefusal extends Error {
  override readonly name = 'EgressRefusal';
  readonly code = 'CAPSTAN_EGRESS_REFUSAL';
  readonly addresses: readonly string[];
  /** What an operator writes to allow it; absent where no range should be opened by rote. */
  readonly hint: string | undefined;

  constructor(hostname: string, addresses: readonly string[]) {
    super(`the host "${hostname}" has no address that may be reached: it is not globally routable`);
    this.addresses = addresses;
    const ranges = rangesToAllow(addresses);
    this.hint =
      ranges.length === 0
        ? undefined
        : `If it is a service of your own, an operator writes this line in capstan.yaml: egress: { allow_private: [${ranges.join(', ')}] }`;
  }
}

/** The hint of a refusal, wherever it stands in the causes of a failure. */
export function egressHintOf(failure: unknown): { readonly hint?: string } {
  let current = failure;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    if (current instanceof EgressRefusal) return current.hint === undefined ? {} : { hint: current.hint };
    current = current.cause;
  }
  return {};
}

/** Ranges that a service of one's own stands in. Link-local is not among them: metadata of clouds is there, with credentials. */
const OWN_RANGES = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fc00::/7',
];

/** One family is enough to reach a host, so IPv4 comes alone where there is some. */
function rangesToAllow(addresses: readonly string[]): readonly string[] {
  const known = addresses
    .filter((address) => ipaddr.isValid(address))
    .flatMap((address) => effectiveAddresses(ipaddr.parse(address)))
    .flatMap((address) => OWN_RANGES.find((range) => isWithin(address, ipaddr.parseCIDR(range))) ?? []);
  const ranges = [...new Set(known)];
  const ofIpv4 = ranges.filter((range) => !range.includes(':'));
  return ofIpv4.length > 0 ? ofIpv4 : ranges.map((range) => `"${range}"`);
}

function isWithin(address: Address, [base, bits]: Range): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

/**
 * Decides about addresses, at the moment when a socket is opened.
 *
 * An IPv6 form that carries an IPv4 address (mapped, translated, NAT64, 6to4, Teredo, compatible) is judged by that
 * address: such a packet ends up there.
 */
export class AddressGuard {
  readonly #allowed: readonly Range[];
  readonly #lookup: HostLookup;

  constructor(allowPrivate: readonly string[], lookup: HostLookup = lookupBySystem) {
    this.#allowed = allowPrivate.map(parseRange);
    this.#lookup = lookup;
  }

  /** Whether a socket may be opened to an address literal. What cannot be parsed may not. */
  permits(literal: string): boolean {
    if (!ipaddr.isValid(literal)) return false;
    const address = ipaddr.parse(literal);
    return (
      this.#isAllowed(address) || effectiveAddresses(address).every((one) => isGlobal(one) || this.#isAllowed(one))
    );
  }

  /**
   * The permitted addresses of a host: those, and no others, are connected to, so that a second answer of the
   * resolver (DNS rebinding) has no effect.
   * @throws EgressRefusal where none is permitted.
   */
  async resolve(hostname: string, options: { family?: number; hints?: number }): Promise<readonly ResolvedAddress[]> {
    const found = await this.#lookup(hostname, options);
    const permitted = found.filter(({ address }) => this.permits(address));
    if (permitted.length === 0 && found.length > 0) {
      throw new EgressRefusal(
        hostname,
        found.map(({ address }) => address),
      );
    }
    return permitted;
  }

  /** An address literal in place of a host name never reaches the resolver, so it is checked here. */
  refusalOfLiteral(hostname: string): EgressRefusal | undefined {
    if (isIP(hostname) === 0 || this.permits(hostname)) return undefined;
    return new EgressRefusal(hostname, [hostname]);
  }

  #isAllowed(address: Address): boolean {
    return this.#allowed.some((range) => isWithin(address, range));
  }
}

function lookupBySystem(hostname: string, options: { family?: number; hints?: number }): Promise<ResolvedAddress[]> {
  return systemLookup(hostname, { ...options, all: true });
}

function parseRange(text: string): Range {
  try {
    return ipaddr.parseCIDR(text);
  } catch (cause) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `egress.allow_private: "${text}" is not an address range`, {
      hint: 'Write a range in CIDR form, such as 127.0.0.0/8 or ::1/128.',
      cause,
    });
  }
}

/** All that ipaddr.js has no special name for is "unicast"; of IPv6 only 2000::/3 is routed on the internet (RFC 4291, IANA). */
function isGlobal(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

function effectiveAddresses(address: Address): readonly Address[] {
  if (address instanceof ipaddr.IPv4) return [address];
  const embedded = embeddedAddresses(address);
  return embedded.length === 0 ? [address] : embedded;
}

function embeddedAddresses(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const at = (start: number, mask = 0): ipaddr.IPv4 =>
    new ipaddr.IPv4(bytes.slice(start, start + 4).map((byte) => byte ^ mask));
  switch (address.range()) {
    case 'ipv4Mapped': // RFC 4291, 2.5.5.2
    case 'rfc6145': // IPv4-translated
    case 'rfc6052': // NAT64
      return [at(12)];
    case '6to4': // RFC 3056
      return [at(2)];
    case 'teredo': // RFC 4380: the server, and the client with every bit turned
      return [at(4), at(12, 0xff)];
    case 'unicast': // RFC 4291, 2.5.5.1: IPv4-compatible
      return bytes.slice(0, 12).every((byte) => byte === 0) ? [at(12)] : [];
    default:
      return [];
  }
}
