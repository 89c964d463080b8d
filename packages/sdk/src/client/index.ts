export type {
  AiSdkClientTool,
  AnthropicToolResult,
  AnthropicToolUse,
  CallOptions,
  CapstanClient,
  ClientOptions,
  Fetch,
  OpenAiToolCall,
  OpenAiToolMessage,
  ToolFormat,
  WireInvocation,
} from './client-types.ts';
export { createClient } from './create-client.ts';
