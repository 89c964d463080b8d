import { isObject } from './message.ts';
import { type McpServerDeclaration, readServerDeclaration } from './server-declaration.ts';

/** What became of a file in the form of Claude's settings. */
export interface ClaudeServers {
  /** By name, in the file's order. */
  readonly servers: ReadonlyMap<string, McpServerDeclaration>;
  /** One line for each entry, or key of one, that was left out. */
  readonly warnings: readonly string[];
}

/**
 * Reads `{ "mcpServers": { name: { command, args, env } | { url, headers, type } } }`, as Claude, Cursor and others write
 * it (VS Code says `servers`). One broken entry does not hide the others. References (`${VAR}`) stay as they are.
 */
export function readClaudeServers(value: unknown): ClaudeServers {
  const entries = isObject(value) ? (value.mcpServers ?? value.servers) : undefined;
  if (!isObject(entries)) return { servers: new Map(), warnings: ['the file has no object "mcpServers"'] };
  const servers = new Map<string, McpServerDeclaration>();
  const warnings: string[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (isObject(entry) && entry.disabled === true) {
      warnings.push(`${name}: left out, because it is disabled`);
      continue;
    }
    const reading = readServerDeclaration(withoutDisabled(entry));
    if (!reading.ok) {
      warnings.push(...reading.problems.map((problem) => `${name}: left out, because it ${problem}`));
      continue;
    }
    servers.set(name, reading.declaration);
    warnings.push(...reading.ignored.map((key) => `${name}: "${key}" means nothing here`));
  }
  return { servers, warnings };
}

function withoutDisabled(entry: unknown): unknown {
  if (!isObject(entry)) return entry;
  const { disabled: _isFalse, ...rest } = entry;
  return rest;
}
