import { createHash } from 'node:crypto';
import type { JsonObject } from '@capstan/sdk';
import { isObject } from './message.ts';
import type { UpstreamSession } from './session.ts';
import { hasUsableMarks } from './standard-headers.ts';
import type { UpstreamServer } from './upstream-server.ts';

/** Everything that a server lists, item by item as it came. */
export interface Offer {
  readonly tools: readonly NamedItem[];
  /** Names of tools that were left out, because headers cannot carry what their schemas want there. */
  readonly refused: readonly string[];
  readonly prompts: readonly NamedItem[];
  /** With a `uri`. */
  readonly resources: readonly JsonObject[];
  /** With a `uriTemplate`. */
  readonly templates: readonly JsonObject[];
  readonly instructions: string | undefined;
  /** Whether it announces these capabilities. */
  readonly has: { readonly completions: boolean; readonly logging: boolean; readonly subscribe: boolean };
  /** The same for the same offer. */
  readonly hash: string;
}

/** A listed item under its name. */
export interface NamedItem {
  readonly name: string;
  /** As the server listed it. */
  readonly item: JsonObject;
}

/** Before a server has answered. */
export const EMPTY_OFFER: Offer = Object.freeze({
  tools: [],
  refused: [],
  prompts: [],
  resources: [],
  templates: [],
  instructions: undefined,
  has: { completions: false, logging: false, subscribe: false },
  hash: '',
});

/** Asks a server for all that it offers. @throws TransportFailure or RpcError */
export async function readOffer(session: UpstreamSession, server: UpstreamServer): Promise<Offer> {
  const { capabilities, instructions, era } = session.handshake;
  // SEP-2243: a tool whose marks cannot be followed is left out. Older revisions know no such marks.
  const isUsable = ({ inputSchema }: JsonObject): boolean => era === 'legacy' || hasUsableMarks(inputSchema);
  const options = { timeoutMs: server.connectTimeoutMs };
  const list = (capability: string, method: string, key: string): Promise<readonly JsonObject[]> =>
    isObject(capabilities[capability]) ? session.list(method, key, options) : Promise.resolve([]);
  const [tools, prompts, resources, templates] = await Promise.all([
    list('tools', 'tools/list', 'tools'),
    list('prompts', 'prompts/list', 'prompts'),
    list('resources', 'resources/list', 'resources'),
    // Servers with resources need not know templates.
    list('resources', 'resources/templates/list', 'resourceTemplates').catch(() => []),
  ]);
  const { resources: resourceCapability } = capabilities;
  const offer = {
    tools: named(tools).filter(({ name, item }) => (server.selectedTools?.includes(name) ?? true) && isUsable(item)),
    refused: named(tools).flatMap(({ name, item }) => (isUsable(item) ? [] : [name])),
    prompts: named(prompts),
    resources: resources.filter(({ uri }) => typeof uri === 'string'),
    templates: templates.filter(({ uriTemplate }) => typeof uriTemplate === 'string'),
    instructions,
    has: {
      completions: isObject(capabilities.completions),
      logging: isObject(capabilities.logging),
      subscribe: isObject(resourceCapability) && resourceCapability.subscribe === true,
    },
  };
  return { ...offer, hash: createHash('sha256').update(JSON.stringify(offer)).digest('base64url') };
}

/** One without a name cannot be called; of two with the same the first counts. */
function named(items: readonly JsonObject[]): readonly NamedItem[] {
  const found = new Map<string, NamedItem>();
  for (const item of items) {
    const { name } = item;
    if (typeof name === 'string' && name !== '' && !found.has(name)) found.set(name, { name, item });
  }
  return [...found.values()];
}
