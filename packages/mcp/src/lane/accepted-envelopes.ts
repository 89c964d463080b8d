import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  classifyInboundRequest,
  LOG_LEVEL_META_KEY,
} from '@modelcontextprotocol/server';
import type { LaneRequest } from './lane-request.ts';

/** What clients say of themselves; one that says ever something new is only slower. */
const MAX_KNOWN = 256;

/**
 * The envelopes of 2026-07-28 that the SDK has accepted.
 *
 * A client sends the same one with every request, so the SDK's schema judges its text once.
 */
export class AcceptedEnvelopes {
  readonly #known = new Set<string>();

  /** Whether the SDK takes a request, whose headers agree with its body, for one of 2026-07-28. */
  accepts({ meta, method }: LaneRequest, body: unknown): boolean {
    const text = textOf(meta);
    if (this.#known.has(text)) return true;
    const { kind } = classifyInboundRequest({
      httpMethod: 'POST',
      protocolVersionHeader: '2026-07-28',
      mcpMethodHeader: method,
      body,
    });
    if (kind !== 'modern') return false;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(text);
    return true;
  }
}

/** An absent member and one that is null are different texts. */
function textOf(meta: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    info: meta[CLIENT_INFO_META_KEY],
    capabilities: meta[CLIENT_CAPABILITIES_META_KEY],
    level: meta[LOG_LEVEL_META_KEY],
  });
}
