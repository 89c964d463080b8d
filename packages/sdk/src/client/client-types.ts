import type { WireError } from '../capstan-error.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** As much of the platform's `fetch` as the client needs; the caller gives it, so that this package opens no socket. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal?: AbortSignal;
  },
) => Promise<{ readonly status: number; text(): Promise<string> }>;

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** Where the server runs: `http://127.0.0.1:7331`. */
  readonly url: string;
  /** An API key of the workspace. */
  readonly key: string;
  /** Default `default`. */
  readonly workspace?: string;
  readonly fetch: Fetch;
}

/** The forms in which tools are given to other frameworks. */
export type ToolFormat = 'openai' | 'anthropic' | 'ai-sdk';

/** A function call of a model that speaks like OpenAI's Chat Completions. */
export interface OpenAiToolCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A `tool_use` block of Anthropic's Messages. */
export interface AnthropicToolUse {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** What became of a call, as it stands on the wire. */
export interface WireInvocation {
  readonly execution_id: string;
  readonly status: 'succeeded' | 'failed' | 'denied' | 'pending';
  readonly result?: JsonValue;
  readonly error?: WireError;
  readonly approval?: { readonly id: string };
}

/** How one call is made. */
export interface CallOptions {
  /** Id or name of a connection, where the tool has more than one. */
  readonly connection?: string;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** A tool of the AI SDK: give it `jsonSchema` of the package `ai` for the schema. */
export interface AiSdkClientTool<Schema> {
  readonly description: string;
  readonly inputSchema: Schema;
  /** Throws a CapstanError where the call fails, as the AI SDK wants it. */
  execute(input: JsonObject, options?: { readonly abortSignal?: AbortSignal }): Promise<JsonValue>;
}

/** Gives the tools of a workspace to a model of any framework, and runs what the model calls. */
export interface CapstanClient {
  /** Definitions for another framework, all pages; `tools` as that framework's request takes it. */
  tools(format: 'openai' | 'anthropic', search?: string): Promise<readonly JsonObject[]>;
  /** Calls a tool. An outcome that is no success is a value, not an exception. */
  invoke(name: string, input: JsonObject, options?: CallOptions): Promise<WireInvocation>;
  /** Runs what a model of OpenAI's form called: the messages to go on with, one for each call, in order. */
  runOpenAi(calls: readonly OpenAiToolCall[], options?: CallOptions): Promise<readonly OpenAiToolMessage[]>;
  /** Runs what a model of Anthropic's form called: the blocks to go on with, one for each call, in order. */
  runAnthropic(calls: readonly AnthropicToolUse[], options?: CallOptions): Promise<readonly AnthropicToolResult[]>;
  /** Tools for the AI SDK, ready to run: `aiSdkTools(jsonSchema)`. */
  aiSdkTools<Schema>(
    jsonSchema: (schema: JsonObject) => Schema,
    search?: string,
  ): Promise<Readonly<Record<string, AiSdkClientTool<Schema>>>>;
}

/** A message of role `tool`. */
export interface OpenAiToolMessage {
  readonly role: 'tool';
  readonly tool_call_id: string;
  readonly content: string;
}

/** A block `tool_result`. */
export interface AnthropicToolResult {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content: string;
  readonly is_error?: true;
}
