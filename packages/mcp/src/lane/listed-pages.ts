import {
  CLIENT_CAPABILITIES_META_KEY,
  type McpHandlerRequestOptions,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import { callerInfo } from '../caller-info.ts';
import type { CatalogSnapshot, McpCaller } from '../gateway.ts';
import type { LaneListRequest } from './lane-request.ts';

/** The SDK's way of answering. */
export type SdkFetch = (request: Request, options: McpHandlerRequestOptions) => Promise<Response>;

/** A cursor may be anything that a client makes up; a catalog has fewer pages than this. */
const MAX_PAGES = 256;

/**
 * Pages of `tools/list` as bytes: the SDK makes each one once, and they are the same bytes until the catalog changes.
 *
 * They hang on the gateway's snapshot, which is one object as long as nothing changed for its callers.
 */
export class ListedPages {
  readonly #pages = new WeakMap<CatalogSnapshot, Map<string, Buffer>>();
  readonly #fetch: SdkFetch;

  constructor(sdk: SdkFetch) {
    this.#fetch = sdk;
  }

  /** The page where it was made before. */
  find(snapshot: CatalogSnapshot, request: LaneListRequest): Buffer | undefined {
    return this.#pages.get(snapshot)?.get(keyOf(request));
  }

  /** Has the SDK make a page; `current` says whether the snapshot is still the one that it saw. */
  async make(
    caller: McpCaller,
    request: LaneListRequest,
    { snapshot, current }: { readonly snapshot: CatalogSnapshot; readonly current: () => Promise<CatalogSnapshot> },
  ): Promise<Buffer> {
    const { isResult, bytes } = await this.#ask(caller, request);
    if (isResult && (await current()) === snapshot) this.#keep(snapshot, request, bytes);
    return bytes;
  }

  #keep(snapshot: CatalogSnapshot, request: LaneListRequest, bytes: Buffer): void {
    const known = this.#pages.get(snapshot) ?? new Map<string, Buffer>();
    this.#pages.set(snapshot, known);
    if (known.size < MAX_PAGES) known.set(keyOf(request), bytes);
  }

  async #ask(
    caller: McpCaller,
    { era, cursor }: LaneListRequest,
  ): Promise<{ readonly isResult: boolean; readonly bytes: Buffer }> {
    const params = { ...(cursor === undefined ? {} : { cursor }), ...(era === 'modern' ? { _meta: ENVELOPE } : {}) };
    const body = { jsonrpc: '2.0', id: 0, method: 'tools/list', params };
    const request = new Request('http://localhost/mcp', {
      method: 'POST',
      headers: era === 'modern' ? MODERN_HEADERS : LEGACY_HEADERS,
    });
    const response = await this.#fetch(request, { authInfo: callerInfo(caller), parsedBody: body });
    const { result, error } = readMessage(await response.text());
    const isResult = result !== undefined;
    return {
      isResult,
      bytes: Buffer.from(isResult ? `"result":${JSON.stringify(result)}` : `"error":${JSON.stringify(error)}`),
    };
  }
}

const ENVELOPE = { [PROTOCOL_VERSION_META_KEY]: '2026-07-28', [CLIENT_CAPABILITIES_META_KEY]: {} };
const COMMON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const LEGACY_HEADERS = COMMON_HEADERS;
const MODERN_HEADERS = { ...COMMON_HEADERS, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };

function keyOf({ era, cursor }: LaneListRequest): string {
  return cursor === undefined ? era : `${era} ${cursor}`;
}

/** The one message of an answer, which is JSON or an event stream. */
function readMessage(text: string): { readonly result?: unknown; readonly error?: unknown } {
  const data = text.startsWith('{') ? text : text.slice(text.indexOf('data: ') + 'data: '.length);
  return JSON.parse(data);
}
