import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { CallerChannel } from './caller-channel.ts';
import { isObject } from './message.ts';
import { withTasks } from './task-extension.ts';
import type { Negotiated } from './transport.ts';

const PREFIX = 'io.modelcontextprotocol/';
const PROTOCOL_VERSION = `${PREFIX}protocolVersion`;
const CLIENT_INFO = `${PREFIX}clientInfo`;
const CLIENT_CAPABILITIES = `${PREFIX}clientCapabilities`;
const LOG_LEVEL = `${PREFIX}logLevel`;
const SERVER_INFO = `${PREFIX}serverInfo`;

/** Keys that speak of one hop: each side of the gateway has its own. */
const OF_ONE_HOP: ReadonlySet<string> = new Set([
  PROTOCOL_VERSION,
  CLIENT_INFO,
  CLIENT_CAPABILITIES,
  LOG_LEVEL,
  SERVER_INFO,
  'progressToken',
  'capstan/connection',
]);

/** How we introduce ourselves to a server. */
export interface ClientIdentity {
  readonly info: JsonObject;
  readonly capabilities: JsonObject;
}

/** The params of a request as the server of one revision expects them: the caller's `_meta` beside what the revision demands. */
export function withRequestMeta(
  params: JsonObject,
  parts: {
    readonly agreement: Negotiated;
    readonly identity: ClientIdentity;
    readonly channel: CallerChannel | undefined;
    /** The caller's own. */
    readonly meta: JsonObject | undefined;
    /** Whether a task in place of a result is welcome. */
    readonly isFollowing?: boolean;
  },
): JsonObject {
  const { agreement, identity, channel, isFollowing } = parts;
  const own = withoutHop(parts.meta);
  if (agreement.era === 'legacy') return own === undefined ? params : { ...params, _meta: own };
  const level = channel?.logLevel;
  const capabilities = channel?.capabilities ?? identity.capabilities;
  return {
    ...params,
    _meta: {
      ...own,
      [PROTOCOL_VERSION]: agreement.version,
      [CLIENT_INFO]: identity.info,
      [CLIENT_CAPABILITIES]: isFollowing === true ? withTasks(capabilities) : capabilities,
      ...(level === undefined ? {} : { [LOG_LEVEL]: level }),
    },
  };
}

/** A result without what only spoke of this hop. */
export function withoutHopMeta(result: JsonObject): JsonObject {
  const { resultType, _meta, ...rest } = result;
  if (resultType === undefined && !isObject(_meta)) return result;
  const meta = isObject(_meta) ? withoutHop(_meta) : undefined;
  return meta === undefined ? rest : { ...rest, _meta: meta };
}

function withoutHop(meta: JsonObject | undefined): JsonObject | undefined {
  if (meta === undefined) return undefined;
  const kept = Object.entries(meta).filter((entry): entry is [string, JsonValue] => !OF_ONE_HOP.has(entry[0]));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
