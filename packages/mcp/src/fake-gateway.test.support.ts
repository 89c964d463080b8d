import {
  CapstanError,
  type InvocationOutcome,
  type InvocationResult,
  isCapstanError,
  type JsonObject,
  type ToolDefinition,
} from '@capstan/sdk';
import type { CatalogSnapshot, CatalogTool, McpCallAnswer, McpCaller, McpGateway, McpToolCall } from './gateway.ts';

/** A tool of a {@link FakeGateway}. */
export interface FakeTool {
  readonly definition?: Partial<ToolDefinition>;
  run(call: McpToolCall): Promise<InvocationResult> | InvocationResult;
}

/** A catalog in memory, for the tests of this package. */
export class FakeGateway implements McpGateway {
  readonly calls: McpToolCall[] = [];
  readonly #tools = new Map<string, FakeTool>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #snapshot: CatalogSnapshot | undefined;
  #revision = 0;

  constructor(tools: Readonly<Record<string, FakeTool>> = {}) {
    for (const [name, tool] of Object.entries(tools)) this.#tools.set(name, tool);
  }

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  set(name: string, tool: FakeTool, workspace = 'default'): void {
    this.#tools.set(name, tool);
    this.#snapshot = undefined;
    this.#revision += 1;
    for (const listener of this.#listeners.get(workspace) ?? []) listener();
  }

  listTools(): CatalogSnapshot {
    this.#snapshot ??= { revision: String(this.#revision), tools: [...this.#tools].map(toCatalogTool).sort(byName) };
    return this.#snapshot;
  }

  async callTool(call: McpToolCall): Promise<McpCallAnswer> {
    this.calls.push(call);
    const tool = this.#tools.get(call.name);
    if (tool === undefined) return { kind: 'unknown_tool' };
    return { kind: 'outcome', outcome: await outcomeOf(tool, call) };
  }

  onCatalogChanged(workspace: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(workspace) ?? new Set();
    this.#listeners.set(workspace, listeners.add(listener));
    return () => listeners.delete(listener);
  }
}

/** A caller of the workspace `default`. */
export function fakeCaller(id = 'key:agent', workspace = 'default'): McpCaller {
  return { workspace, principal: { id, roles: ['agent'], permissions: [] } };
}

async function outcomeOf(tool: FakeTool, call: McpToolCall): Promise<InvocationOutcome> {
  const executionId = 'exe_1';
  try {
    return { status: 'succeeded', executionId, result: await tool.run(call) };
  } catch (error) {
    if (!isCapstanError(error)) throw error;
    const status = error.code === 'CAPSTAN_DENIED' ? 'denied' : 'failed';
    return { status, executionId, error };
  }
}

/** Waits until the call is cancelled, then fails as a host does. */
export function untilCancelled(call: McpToolCall): Promise<never> {
  return new Promise((_resolve, reject) => {
    const cancel = (): void => reject(new CapstanError('CAPSTAN_CANCELLED', 'the caller cancelled'));
    if (call.signal.aborted) cancel();
    call.signal.addEventListener('abort', cancel, { once: true });
  });
}

function toCatalogTool([name, tool]: [string, FakeTool]): CatalogTool {
  return { exposedName: name, definition: fakeDefinition(name, tool.definition) };
}

/** A definition with everything filled in. */
export function fakeDefinition(name: string, given: Partial<ToolDefinition> = {}): ToolDefinition {
  const inputSchema: JsonObject = { type: 'object' };
  return {
    id: `pack.${name}`,
    name,
    pack: 'pack',
    description: `Does ${name}.`,
    tags: [],
    aliases: [],
    backendKind: 'code',
    inputSchema,
    annotations: {},
    permissions: [],
    examples: [],
    ...given,
  };
}

function byName(one: CatalogTool, other: CatalogTool): number {
  return one.exposedName < other.exposedName ? -1 : 1;
}
