import type { JsonObject, JsonSchema } from '@capstan/sdk';
import type { HttpBackend } from '../backend/http-backend.ts';

/** Where a tool stands. */
export interface ToolPlace {
  /** The file, as it was named to the loader. */
  readonly path: string;
  /** The line in a file of lines, from 1; else the index in the list, from 0. */
  readonly at: { readonly line: number } | { readonly index: number };
}

/** Whether a tool can run here. */
export type ToolUniverseStatus = 'runnable' | 'needs_config' | 'unsupported' | 'invalid';

/** What became of one entry of a file. */
export interface ToolUniverseReport {
  readonly place: ToolPlace;
  /** As the entry says it; absent where it says none. */
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly status: ToolUniverseStatus;
  /** The environment variables that it needs and that are not set. */
  readonly variables: readonly string[];
  /** Why it does not run. */
  readonly reason?: string;
  /** The way out. */
  readonly hint?: string;
  /** What else there is to know: a new name, a schema that was not used whole. */
  readonly notes: readonly string[];
}

/** How a REST tool of ToolUniverse makes its request out of its arguments. */
export interface RestPlan {
  readonly backend: HttpBackend;
  /** What arguments count as where they are not given. */
  readonly defaults: JsonObject;
  /** Names that stand for others. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What an argument is called in the query, where it is not its name. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly lowercased: readonly string[];
  readonly uppercased: readonly string[];
  /** `limit` cuts the list here and is not sent. */
  readonly limitsHere: boolean;
  /** The member of the answer that is the data. */
  readonly extractPath: string | undefined;
  /** The delimiter of an answer that is a table. */
  readonly csvDelimiter: string | undefined;
  /** The query parameter that gives way to a credential. */
  readonly keyParameter: { readonly name: string; readonly setting: string } | undefined;
}

/** One setting that a tool needs, as a JSON Schema with `x-env` and `x-secret`. */
export interface ToolUniverseSetting {
  readonly type: 'string';
  readonly 'x-secret': true;
  readonly 'x-env': string;
  readonly description: string;
  readonly 'x-help-url'?: string;
}

/** How a tool works. */
export type ToolUniverseWork =
  | {
      readonly kind: 'rest';
      readonly plan: RestPlan;
      /** The keys of the settings without which it does not run. */
      readonly needs: readonly string[];
    }
  /** It does not run here; the report of it says why. */
  | { readonly kind: 'unsupported'; readonly reason: string; readonly hint: string };

/** A tool of a ToolUniverse file. */
export interface ToolUniverseTool {
  /** Unique among the tools that were loaded together. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly category: string | undefined;
  readonly tags: readonly string[];
  /** As the file has it. */
  readonly inputSchema: JsonSchema;
  /** As the file has it: what the tool's `data` or its whole result mostly looks like; not checked. */
  readonly returnSchema: JsonSchema | undefined;
  /** The arguments of `test_examples`, as the file has them: not all of them fit the schema. */
  readonly examples: readonly JsonObject[];
  readonly timeoutMs: number | undefined;
  readonly cacheTtlS: number | undefined;
  /** The settings that it speaks of, by key. */
  readonly settings: Readonly<Record<string, ToolUniverseSetting>>;
  /** The host that it calls. */
  readonly host: string | undefined;
  /** As the entry says it: `BaseRESTTool`. */
  readonly type: string;
  /** The file that it came from in ToolUniverse, for grouping. */
  readonly group: string;
  readonly place: ToolPlace;
  readonly work: ToolUniverseWork;
}

/** An MCP server that an entry declares. */
export interface ToolUniverseMcpServer {
  readonly name: string;
  readonly description: string;
  /** With `${NAME}` as the file has it. */
  readonly serverUrl: string;
  readonly transport: 'http' | 'sse';
  readonly toolPrefix: string;
  /** Absent: all. */
  readonly selectedTools: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The variable that holds the bearer token. */
  readonly tokenVariable: string | undefined;
  /** All variables that it needs. */
  readonly variables: readonly string[];
  readonly place: ToolPlace;
}

/** Everything that was loaded, and what became of each entry. */
export interface ToolUniverseLoad {
  readonly tools: readonly ToolUniverseTool[];
  readonly mcpServers: readonly ToolUniverseMcpServer[];
  readonly report: readonly ToolUniverseReport[];
}
