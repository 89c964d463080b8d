import type { JsonObject } from '@capstan/sdk';

/** An MCP server that was added to a workspace at run time. */
export interface StoredMcpServer {
  readonly workspace: string;
  readonly name: string;
  /** As it was written, in the words of `mcp_servers`, without its secrets. */
  readonly definition: JsonObject;
  /** JSON pointers into `definition` where a secret belongs; the vault has it under {@link mcpServerSecretName}. */
  readonly secrets: readonly string[];
  readonly addedAt: number;
  readonly addedBy: string;
}

/** The name in the vault of a secret of an MCP server. */
export function mcpServerSecretName(server: string, pointer: string): string {
  return `mcp_server/${server}${pointer}`;
}
