import { networkInterfaces } from 'node:os';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;
const EVERYWHERE = new Set(['0.0.0.0', '::', '']);

/** What an operator should know about an address that others can reach; undefined for one that they cannot. */
export function exposureWarning(
  host: string,
  port: string,
  addresses: readonly string[] = ownAddresses(),
): string | undefined {
  if (LOOPBACK.test(host)) return undefined;
  const isEverywhere = EVERYWHERE.has(host);
  const where = isEverywhere ? `every network of this machine (${host})` : host;
  const urls = (isEverywhere ? addresses : [host]).map(
    (each) => `http://${each.includes(':') ? `[${each}]` : each}:${port}`,
  );
  const reached = urls.length === 0 ? '' : `; others reach it at ${urls.join(', ')}`;
  const names = isEverywhere ? '. It answers only to the names under server.allowed_hosts in capstan.yaml' : '';
  return `warning: the server listens on ${where} without TLS, and only its keys keep others out${reached}${names}.`;
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
}
