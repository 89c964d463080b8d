import { CapstanError } from '@capstan/sdk';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** Bits of an IPv6 address that name a network: one customer holds all the rest (RFC 6177). */
const NETWORK_BITS_V6 = 64;

/** Reading an address costs more than all else that a request is asked; the same ones come again and again. */
const REMEMBERED_ANSWERS = 4_096;

/** Some networks, asked about addresses. */
export interface AddressRanges {
  readonly isEmpty: boolean;
  /** Whether an address is in one of them. An IPv4 address inside IPv6 counts as the IPv4 one; what is none is in none. */
  includes(address: string): boolean;
}

/**
 * Reads networks (`10.0.0.0/8`) and single addresses.
 * @param name what is said of them in an error, such as `auth.blocked`
 * @throws CapstanError CAPSTAN_CONFIG_INVALID
 */
export function addressRanges(texts: readonly string[], name: string): AddressRanges {
  const ranges = texts.map((text) => rangeOf(text, name));
  const answers = new Map<string, boolean>();
  return {
    isEmpty: ranges.length === 0,
    includes: (text) => {
      if (ranges.length === 0) return false;
      const known = answers.get(text);
      if (known !== undefined) return known;
      const address = addressOf(text);
      const isIn = address !== undefined && ranges.some(([base, bits]) => isWithin(address, base, bits));
      if (answers.size >= REMEMBERED_ANSWERS) answers.clear();
      answers.set(text, isIn);
      return isIn;
    },
  };
}

/** The network that one party is taken to hold: an IPv4 address itself, of IPv6 the first 64 bits. Undefined for what is no address. */
export function networkOf(text: string): string | undefined {
  const address = addressOf(text);
  if (address === undefined || address instanceof ipaddr.IPv4) return address?.toString();
  const parts = address.parts.slice(0, NETWORK_BITS_V6 / 16).map((part) => part.toString(16));
  return `${parts.join(':')}::/${NETWORK_BITS_V6}`;
}

function addressOf(text: string): Address | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

function isWithin(address: Address, base: Address, bits: number): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

function rangeOf(text: string, name: string): Range {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address instanceof ipaddr.IPv4 ? 32 : 128];
  } catch (cause) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${name}: "${text}" is no address range`, {
      hint: 'Write a range in CIDR form, such as 10.0.0.0/8 or fd00::/8.',
      cause,
    });
  }
}
