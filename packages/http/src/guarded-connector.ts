import type { LookupFunction, Socket } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import type { AddressGuard, ResolvedAddress } from './address-guard.ts';

/** Opens a socket to a permitted address, and returns it while it connects. */
export type GuardedConnector = (
  target: buildConnector.Options,
  callback: buildConnector.Callback,
) => Socket | undefined;

/** Builds the one place where sockets are opened: address checked, TLS verified whatever the environment says. */
export function createGuardedConnector(options: {
  readonly guard: AddressGuard;
  readonly certificates: readonly string[];
  readonly timeoutMs: number;
}): GuardedConnector {
  const { guard } = options;
  const secureContext = trusting(options.certificates);
  const connect: (...args: Parameters<buildConnector.connector>) => unknown = buildConnector({
    allowH2: false,
    timeout: options.timeoutMs,
    lookup: guardedLookup(guard),
    rejectUnauthorized: true,
    ...(secureContext === undefined ? {} : { secureContext }),
  });
  return (target, callback) => {
    const refusal = guard.refusalOfLiteral(target.hostname);
    if (refusal === undefined) return connect(target, callback) as Socket;
    queueMicrotask(() => callback(refusal, null));
    return undefined;
  };
}

/** One context for all connections: to parse the system's certificates for each of them takes milliseconds. */
export function trusting(certificates: readonly string[]): SecureContext | undefined {
  if (certificates.length === 0) return undefined;
  return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] });
}

/** Node connects to what this answers, and asks nobody else. */
function guardedLookup(guard: AddressGuard): LookupFunction {
  return (hostname, { all, family, hints }, callback) => {
    const asked = { ...(typeof family === 'number' ? { family } : {}), ...(hints === undefined ? {} : { hints }) };
    guard.resolve(hostname, asked).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) callback(notFound(hostname), '', 0);
        else if (all) callback(null, addresses as ResolvedAddress[]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`the host "${hostname}" has no address`), { code: 'ENOTFOUND' });
}
