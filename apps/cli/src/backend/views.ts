import type { MissingKey } from '@capstan/config';
import type { ErrorCode, JsonObject, JsonSchema, JsonValue, WireError } from '@capstan/sdk';
import type { VerifiedChain } from '@capstan/server';

/*
 * The answers of the REST surface, as far as the commands read them. A server may say more:
 * what it says is kept, and `-o json` shows it.
 */

/** One page of a list. */
export interface PageJson<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string;
}

/** A state of a pack or a tool, with what a person needs to mend it. */
export interface StateJson {
  readonly kind: string;
  readonly missing?: readonly MissingKey[];
  readonly error?: WireError;
  readonly reason?: string;
  /** ISO 8601. */
  readonly retry_at?: string;
}

/** A tool in a list. */
export interface ToolJson {
  /** What an agent calls it. */
  readonly name: string;
  readonly id: string;
  readonly pack: string;
  readonly title?: string;
  readonly description: string;
  readonly category?: string;
  readonly tags: readonly string[];
  readonly danger_level?: string;
  readonly annotations: ToolHintsJson;
  readonly state: StateJson;
}

/** MCP's hints about a tool. */
export interface ToolHintsJson {
  readonly read_only?: boolean;
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  readonly open_world?: boolean;
}

/** A tool in a list that was asked for with schemas. */
export interface ToolWithSchemasJson extends ToolJson {
  readonly input_schema: JsonSchema;
  readonly output_schema?: JsonSchema;
}

/** Everything about a tool. */
export interface ToolDetailJson extends ToolWithSchemasJson {
  readonly backend: string;
  /** Of a workflow: whether its runs outlive the host. */
  readonly durable?: boolean;
  readonly aliases: readonly string[];
  readonly permissions: readonly string[];
  readonly examples: readonly JsonValue[];
  readonly policy: JsonObject;
  readonly connections: readonly ConnectionJson[];
}

/** A pack. */
export interface PackJson {
  readonly code: string;
  readonly display_name: string;
  readonly version: string;
  readonly description: string;
  readonly type: string;
  readonly origin: string;
  readonly enabled: boolean;
  readonly state: StateJson;
  readonly tool_count: number;
  readonly environment: readonly { readonly name: string; readonly allowed: boolean; readonly purpose: string }[];
  /** Hosts that its calls may reach. */
  readonly reaches: readonly string[];
  readonly diagnostics: readonly DiagnosticJson[];
}

/** A finding in a file. */
export interface DiagnosticJson {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly hint?: string;
  readonly frame?: string;
}

/** A connection. */
export interface ConnectionJson {
  readonly id: string;
  readonly pack: string;
  readonly tool_type: string;
  readonly connection_type: string;
  readonly name: string;
  readonly remote_cluster_url?: string;
  readonly remote_connection_id?: string;
  readonly auth_type: string;
  readonly status: string;
  /** ISO 8601; absent where nobody has looked. */
  readonly since?: string;
  readonly last_validated_at?: string;
  /** Why it is not `connected`. */
  readonly validation_error?: FaultJson;
  readonly derived: boolean;
}

/** What is wrong, and what to do. */
export interface FaultJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** What a connection test found. */
export interface ConnectionTestJson {
  readonly connection: string;
  readonly workspace: string;
  readonly pack: string;
  readonly url?: string;
  readonly ok: boolean;
  readonly status: string;
  readonly tested_at: string;
  readonly steps: readonly ConnectionTestStepJson[];
}

/** One step of it. */
export interface ConnectionTestStepJson {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  readonly detail?: string;
  readonly reason?: string;
  readonly error?: FaultJson;
}

/** A sign-in that waits for a browser. */
export interface AuthorizationJson {
  readonly authorization_url: string;
  readonly redirect_uri: string;
  readonly expires_at: string;
}

/** An MCP server. */
export interface McpServerJson {
  readonly name: string;
  readonly workspace: string;
  /** The pack that declares it. */
  readonly pack?: string;
  /** Its URL, or its command. */
  readonly origin: string;
  readonly transport: string;
  readonly state: StateJson;
  readonly tool_count: number;
  /** Whether it was added to stay. */
  readonly kept: boolean;
}

/** The breaker of one endpoint. */
export interface CircuitJson {
  readonly endpoint: string;
  /** Whose calls it is kept for. */
  readonly pack?: string;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly failures?: number;
  readonly successes?: number;
  readonly since?: string;
  readonly retry_at?: string;
  readonly reason?: string;
  readonly last_failure?: { readonly at: string; readonly reason: string };
}

/** What came of looking through the audit records. */
export interface AuditVerificationJson {
  readonly whole: boolean;
  readonly chains: readonly VerifiedChain[];
}

/** The results that are kept. */
export interface CacheJson {
  readonly entries: number;
  readonly bytes: number;
  /** By tool id. */
  readonly tools: Readonly<
    Record<
      string,
      {
        readonly hits: number;
        readonly stale: number;
        readonly shared: number;
        readonly misses: number;
        readonly evictions: number;
        readonly errors: number;
      }
    >
  >;
  readonly items: readonly JsonObject[];
}

/** What came of clearing results. */
export interface ClearedJson {
  readonly cleared: number;
  /** False where replicas that share results could not be told. */
  readonly shared: boolean;
}
