import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@capstan/sdk';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isJsonContentType,
  LOG_LEVEL_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';
import { CONNECTION_META_KEY, MAX_NAME_LENGTH } from '../tool-call.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What every request that the lane serves has. */
interface LaneRequestBase {
  /** `modern`: 2026-07-28, answered as JSON. `legacy`: 2025-11-25 and older, answered as an event stream. */
  readonly era: 'modern' | 'legacy';
  readonly id: string | number;
  readonly meta: Fields;
  /** The client's own part of it, without what the revision put there; undefined where there is none. */
  readonly ownMeta: JsonObject | undefined;
}

/** `tools/list`. */
export interface LaneListRequest extends LaneRequestBase {
  readonly method: 'tools/list';
  readonly cursor: string | undefined;
}

/** `tools/call`. */
export interface LaneCallRequest extends LaneRequestBase {
  readonly method: 'tools/call';
  readonly name: string;
  readonly arguments: JsonObject;
}

/** A request that the lane serves. */
export type LaneRequest = LaneListRequest | LaneCallRequest;

const MODERN_VERSION = '2026-07-28';
const LEGACY_VERSIONS: ReadonlySet<unknown> = new Set([undefined, ...SUPPORTED_PROTOCOL_VERSIONS]);
const MESSAGE_KEYS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params']);
const LIST_KEYS: ReadonlySet<string> = new Set(['_meta', 'cursor']);
const CALL_KEYS: ReadonlySet<string> = new Set(['_meta', 'name', 'arguments']);
const RESERVED_META = 'io.modelcontextprotocol/';
const ENVELOPE_KEYS: ReadonlySet<string> = new Set([
  PROTOCOL_VERSION_META_KEY,
  CLIENT_INFO_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  LOG_LEVEL_META_KEY,
]);
const NO_META: Fields = Object.freeze({});

/**
 * Reads a POST of which the SDK's answer is certain: a well-formed `tools/list` or `tools/call`, all headers right,
 * nothing asked beside the result.
 *
 * Everything else, each malformed request included, is undefined and belongs to the SDK: this knows one way to be
 * right, and none of the ways to be wrong.
 */
export function readLaneRequest(headers: IncomingHttpHeaders, body: unknown): LaneRequest | undefined {
  if (!isObject(body) || body.jsonrpc !== '2.0' || !hasOnly(body, MESSAGE_KEYS)) return undefined;
  const { id, method, params = NO_META } = body;
  if ((typeof id !== 'string' && !Number.isSafeInteger(id)) || !isObject(params)) return undefined;
  const { _meta: meta = NO_META } = params;
  if (!isObject(meta) || Object.hasOwn(meta, '__proto__') || !isProgressToken(meta.progressToken)) return undefined;
  if (!isJsonContentType(headers['content-type'] ?? null)) return undefined;
  const era = eraOf(headers, method, meta);
  if (era === undefined) return undefined;
  const base = { era, id: id as string | number, meta, ownMeta: ownMeta(era, meta) };
  if (method === 'tools/call') return readCall(base, headers, params);
  return method === 'tools/list' ? readList(base, params) : undefined;
}

function readList(base: LaneRequestBase, params: Fields): LaneListRequest | undefined {
  const { cursor } = params;
  if (!hasOnly(params, LIST_KEYS) || (cursor !== undefined && typeof cursor !== 'string')) return undefined;
  return { ...base, method: 'tools/list', cursor };
}

function readCall(base: LaneRequestBase, headers: IncomingHttpHeaders, params: Fields): LaneCallRequest | undefined {
  const { name, arguments: given = NO_META } = params;
  if (!hasOnly(params, CALL_KEYS) || typeof name !== 'string' || !isObject(given)) return undefined;
  if (isLongName(name) || isLongName(base.meta[CONNECTION_META_KEY])) return undefined;
  if (base.era === 'modern' && (headers['mcp-name'] !== name || name.startsWith('=?'))) return undefined;
  return { ...base, method: 'tools/call', name, arguments: given as JsonObject };
}

function eraOf(headers: IncomingHttpHeaders, method: unknown, meta: Fields): 'modern' | 'legacy' | undefined {
  const version = headers['mcp-protocol-version'];
  if (meta[PROTOCOL_VERSION_META_KEY] === MODERN_VERSION) {
    const isWhole = version === MODERN_VERSION && headers['mcp-method'] === method && hasOnlyEnvelope(meta);
    return isWhole && headers['mcp-session-id'] === undefined ? 'modern' : undefined;
  }
  const accept = headers.accept ?? '';
  const isLegacy =
    LEGACY_VERSIONS.has(version) &&
    accept.includes('application/json') &&
    accept.includes('text/event-stream') &&
    !hasReserved(meta);
  return isLegacy ? 'legacy' : undefined;
}

function ownMeta(era: 'modern' | 'legacy', meta: Fields): JsonObject | undefined {
  if (era === 'legacy') return meta === NO_META ? undefined : (meta as JsonObject);
  const own = Object.entries(meta).filter(([key]) => !ENVELOPE_KEYS.has(key));
  return own.length === 0 ? undefined : (Object.fromEntries(own) as JsonObject);
}

function isProgressToken(token: unknown): boolean {
  return token === undefined || typeof token === 'string' || Number.isSafeInteger(token);
}

function hasOnlyEnvelope(meta: Fields): boolean {
  for (const key in meta) if (key.startsWith(RESERVED_META) && !ENVELOPE_KEYS.has(key)) return false;
  return CLIENT_CAPABILITIES_META_KEY in meta;
}

function hasReserved(meta: Fields): boolean {
  for (const key in meta) if (key.startsWith(RESERVED_META)) return true;
  return false;
}

function hasOnly(value: Fields, allowed: ReadonlySet<string>): boolean {
  for (const key in value) if (!allowed.has(key)) return false;
  return true;
}

function isLongName(name: unknown): boolean {
  return typeof name === 'string' && name.length > MAX_NAME_LENGTH;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
