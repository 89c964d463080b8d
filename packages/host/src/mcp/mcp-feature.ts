import type { Upstream } from '@capstan/mcp';
import type { JsonObject, ToolContext } from '@capstan/sdk';
import { UpstreamResult } from '../backends/upstream-result.ts';
import type { CallDefaults } from '../settings/host-settings.ts';
import { effectivePolicy } from '../workspace/effective-policy.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { McpFeature } from './mcp-features.ts';
import { callerParts } from './mcp-runner.ts';
import { foreignSchemas } from './mcp-tool-entry.ts';

/** Those that may change something at the server. */
const CHANGING: ReadonlySet<McpFeature> = new Set(['tasks/update', 'tasks/cancel']);
const ANY_OBJECT = Object.freeze({ type: 'object' });

/** How a policy and the audit call a feature of a server; a colon stands in no tool's name. */
function featureId(namespace: string, method: McpFeature): string {
  return `${namespace}.mcp:${method}`;
}

/** What an entry is made of. */
export interface FeatureParts {
  readonly method: McpFeature;
  readonly namespace: string;
  readonly owner: string;
  readonly upstream: Upstream;
  readonly defaults: CallDefaults;
  /** How long a subscription lasts. */
  readonly until?: AbortSignal;
}

/**
 * A feature of a server in the form of a tool, so that policies, limits and the audit bind it like one. It stands in no
 * catalog.
 */
export function mcpFeatureEntry(parts: FeatureParts): ToolEntry {
  const { method, namespace, owner, upstream, defaults } = parts;
  const { timeoutMs } = upstream.server;
  const id = featureId(namespace, method);
  return {
    definition: {
      id,
      name: id.slice(namespace.length + 1),
      pack: namespace,
      description: `${method} of the MCP server ${upstream.server.name}`,
      tags: [],
      aliases: [],
      backendKind: 'mcp',
      inputSchema: ANY_OBJECT,
      // What the protocol says of its own methods; no server's word is in it.
      annotations: { readOnly: !CHANGING.has(method) },
      permissions: [],
      examples: [],
    },
    exposedName: id,
    owner,
    policy: effectivePolicy({ timeoutMs, deadlineMs: Math.max(defaults.deadlineMs, timeoutMs) }, defaults),
    ...foreignSchemas(ANY_OBJECT),
    runner: {
      bind: () => ({
        connectionId: undefined,
        run: (input, context) => ask(parts, { ...input } as JsonObject, context),
      }),
      state: () => ({ kind: 'ready' }),
      connectionIds: () => [],
    },
    contextKeys: [],
  };
}

async function ask(
  { method, upstream, until }: FeatureParts,
  params: JsonObject,
  context: ToolContext,
): Promise<UpstreamResult> {
  const { owner, ...call } = callerParts(context);
  if (method === 'resources/subscribe') {
    await upstream.subscribe(owner, String(params.uri), until ?? context.signal);
    return new UpstreamResult({ value: null, verbatim: {} });
  }
  const verbatim = await upstream.request({
    owner,
    ...call,
    method,
    params,
    signal: context.signal,
    isRepeatable: method !== 'tasks/update',
  });
  return new UpstreamResult({ value: null, verbatim });
}
