import type { CatalogSnapshot, McpCallAnswer, McpCaller, McpGateway, McpToolCall, McpUpstreams } from '@capstan/mcp';
import { type InvocationOutcome, isCapstanError } from '@capstan/sdk';
import type { Backend } from './backend.ts';

/** The tools of a backend, for the MCP server of `capstan mcp`. */
export function createBackendGateway(backend: Backend): McpGateway {
  return new BackendGateway(backend);
}

class BackendGateway implements McpGateway {
  readonly #backend: Backend;

  readonly upstreams?: McpUpstreams;

  constructor(backend: Backend) {
    this.#backend = backend;
    if (backend.upstreams !== undefined) this.upstreams = backend.upstreams;
  }

  listTools({ workspace }: McpCaller): Promise<CatalogSnapshot> {
    return this.#backend.catalog(workspace);
  }

  async callTool({ caller, name, ...call }: McpToolCall): Promise<McpCallAnswer> {
    const outcome = await this.#outcome({ workspace: caller.workspace, tool: name, ...call });
    const isUnknown = outcome.status === 'failed' && outcome.error.code === 'CAPSTAN_TOOL_NOT_FOUND';
    return isUnknown ? { kind: 'unknown_tool' } : { kind: 'outcome', outcome };
  }

  onCatalogChanged(workspace: string, listener: () => void): () => void {
    return this.#backend.onCatalogChanged(workspace, listener);
  }

  /** A server that is gone is an answer to the agent, with a code and a hint, not a broken protocol. */
  async #outcome(call: Parameters<Backend['invoke']>[0]): Promise<InvocationOutcome> {
    try {
      return await this.#backend.invoke(call);
    } catch (error) {
      if (!isCapstanError(error)) throw error;
      return { status: 'failed', executionId: 'none', error };
    }
  }
}
