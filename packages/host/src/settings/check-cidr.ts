const OCTET = /^(0|[1-9]\d{0,2})$/;

/** What is wrong with an address range (RFC 4632, RFC 4291), or `undefined`. */
export function cidrFlaw(range: string): string | undefined {
  const [address = '', prefix, ...more] = range.split('/');
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : undefined;
  if (bits === undefined || more.length > 0) return 'is no IPv4 or IPv6 address range';
  if (prefix === undefined) return `lacks its length: ${address}/${bits} is this one address`;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return `has a length that is not from 0 to ${bits}`;
  return undefined;
}

function isIpv4(address: string): boolean {
  const octets = address.split('.');
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255);
}

/** URLs hold IPv6 addresses in brackets, and their parser knows every form of them. */
function isIpv6(address: string): boolean {
  return /^[0-9a-fA-F:.]+$/.test(address) && address.includes(':') && URL.canParse(`http://[${address}]/`);
}
