/** Why a type does not run here, and the way out. */
export interface UnsupportedType {
  readonly reason: string;
  readonly hint: string;
}

/** The packs that do the work of the types that the first documents of Capstan show. */
const PACKS: Readonly<Record<string, string>> = {
  RESTAPITool: 'http-request',
  OpenAITool: 'openai-compatible',
  WeatherAPITool: 'openweather',
  DatabaseTool: 'postgres',
  MicroserviceTool: 'microservice',
};

/** What to say of a type that is neither a REST tool nor an MCP server. */
export function unsupportedType(type: string, toolName: string): UnsupportedType {
  const pack = Object.hasOwn(PACKS, type) ? PACKS[type] : undefined;
  if (pack !== undefined) {
    return {
      reason: `a ${type} is the work of the pack "${pack}"`,
      hint: `Enable the pack "${pack}" and give it the settings of this entry.`,
    };
  }
  return {
    reason: `a ${type} is Python code of ToolUniverse`,
    hint: `Run it there and add it as an MCP server: tooluniverse-smcp-stdio --include-tools ${toolName}, under mcp_servers.`,
  };
}
