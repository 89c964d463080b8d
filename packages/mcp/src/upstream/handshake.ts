import type { JsonObject } from '@capstan/sdk';
import { isObject, RpcError } from './message.ts';
import { type ClientIdentity, withRequestMeta } from './request-meta.ts';
import type { RpcPeer } from './rpc-peer.ts';
import { standardHeaders } from './standard-headers.ts';
import { type Negotiated, TransportFailure } from './transport.ts';

/** What a server told about itself. */
export interface Handshake extends Negotiated {
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | undefined;
}

/** How the two sides come to an agreement. */
export interface HandshakeOptions {
  readonly identity: ClientIdentity;
  /** What is known of the server; undefined: find out, beginning with `firstTry`. */
  readonly era: Negotiated['era'] | undefined;
  /** A pipe begins with the older form: some servers end at a request that they do not know. */
  readonly firstTry: Negotiated['era'];
  readonly timeoutMs: number;
}

const MODERN = '2026-07-28';
const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];
const LATEST_LEGACY = '2025-11-25';
const UNSUPPORTED_PROTOCOL_VERSION = -32_022;

/** @throws TransportFailure or RpcError */
export async function shakeHands(peer: RpcPeer, options: HandshakeOptions): Promise<Handshake> {
  const { era, firstTry } = options;
  if (era !== undefined) return era === 'modern' ? discover(peer, options) : initialize(peer, options);
  const [first, second] = firstTry === 'modern' ? [discover, initialize] : [initialize, discover];
  try {
    return await first(peer, options);
  } catch (error) {
    if (speaksModern(error)) return await discover(peer, options);
    if (!isOtherEra(error)) throw error;
    return await second(peer, options);
  }
}

/** Whether a server refused a version, and says that it speaks the newer one. */
function speaksModern(error: unknown): boolean {
  if (!(error instanceof RpcError) || error.code !== UNSUPPORTED_PROTOCOL_VERSION || !isObject(error.data))
    return false;
  const { supported } = error.data;
  return Array.isArray(supported) && supported.includes(MODERN);
}

async function discover(peer: RpcPeer, { identity, timeoutMs }: HandshakeOptions): Promise<Handshake> {
  const agreement: Negotiated = { era: 'modern', version: MODERN };
  const params = withRequestMeta({}, { agreement, identity, channel: undefined, meta: undefined });
  const headers = standardHeaders('server/discover', {}, MODERN);
  const result = await peer.request('server/discover', params, { timeoutMs, headers });
  const versions = Array.isArray(result.supportedVersions) ? result.supportedVersions : [];
  if (!versions.includes(MODERN))
    throw new RpcError({ code: UNSUPPORTED_PROTOCOL_VERSION, message: 'no common version' });
  await peer.negotiated(agreement);
  const info = isObject(result._meta) ? result._meta['io.modelcontextprotocol/serverInfo'] : undefined;
  return { ...agreement, ...described(result, info) };
}

async function initialize(peer: RpcPeer, { identity, timeoutMs }: HandshakeOptions): Promise<Handshake> {
  const { info, capabilities } = identity;
  const params = { protocolVersion: LATEST_LEGACY, capabilities, clientInfo: info };
  const result = await peer.request('initialize', params, { timeoutMs });
  const version = result.protocolVersion;
  if (typeof version !== 'string' || !LEGACY.includes(version)) {
    throw new RpcError({
      code: UNSUPPORTED_PROTOCOL_VERSION,
      message: `the MCP server speaks ${JSON.stringify(version)}`,
    });
  }
  const agreement: Negotiated = { era: 'legacy', version };
  await Promise.all([peer.negotiated(agreement), peer.notify('notifications/initialized')]);
  return { ...agreement, ...described(result, result.serverInfo) };
}

function described(result: JsonObject, info: unknown): Omit<Handshake, keyof Negotiated> {
  return {
    capabilities: isObject(result.capabilities) ? result.capabilities : {},
    serverInfo: isObject(info) ? info : {},
    instructions: typeof result.instructions === 'string' ? result.instructions : undefined,
  };
}

/** A refusal by the protocol, or HTTP's way of saying that nobody knows this request. Silence and 5xx say nothing. */
function isOtherEra(error: unknown): boolean {
  if (error instanceof RpcError) return true;
  if (!(error instanceof TransportFailure)) return false;
  return error.kind === 'session_lost' || (error.kind === 'protocol' && (error.status ?? 0) < 500);
}
