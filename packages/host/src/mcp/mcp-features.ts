/** What MCP servers are asked for beside tools, by method: it goes through the pipeline like a call of a tool. */
export type McpFeature =
  | 'prompts/get'
  | 'resources/read'
  | 'resources/subscribe'
  | 'completion/complete'
  | 'tasks/get'
  | 'tasks/update'
  | 'tasks/cancel';
