import type { JsonSchema, ToolDefinition } from '@capstan/sdk';

/** The forms in which tools are given to other frameworks. */
export const EXPORT_FORMATS = ['openai', 'anthropic', 'ai-sdk'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A tool to be given away. */
export interface ExportableTool {
  readonly exposedName: string;
  readonly definition: ToolDefinition;
}

/** A JSON Schema whose root is an object, as all of these frameworks want it. */
export type ObjectSchema = { readonly type: 'object'; readonly [keyword: string]: unknown };

/** `tools[]` of OpenAI's Chat Completions, and of everything that speaks it. */
export interface OpenAiTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description: string; readonly parameters: ObjectSchema };
}

/** `tools[]` of Anthropic's Messages. */
export interface AnthropicTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: ObjectSchema;
}

/** A value of `tools` of the AI SDK, but for what only code can be: wrap `inputSchema` in its `jsonSchema()`, add `execute`. */
export interface AiSdkTool {
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
}

/** What {@link exportTools} gives for each format. */
export interface ExportedTools {
  readonly openai: readonly OpenAiTool[];
  readonly anthropic: readonly AnthropicTool[];
  /** By name. */
  readonly 'ai-sdk': Readonly<Record<string, AiSdkTool>>;
}

/** OpenAI refuses longer ones. */
const MAX_OPENAI_DESCRIPTION = 1_024;

const WRITERS: { readonly [Format in ExportFormat]: (tools: readonly ExportableTool[]) => ExportedTools[Format] } = {
  openai: (tools) => tools.map(toOpenAi),
  anthropic: (tools) => tools.map(toAnthropic),
  'ai-sdk': (tools) => Object.fromEntries(tools.map((tool) => [tool.exposedName, toAiSdk(tool)])),
};

/** Tools as definitions to paste into another framework. They are called by their exposed names. */
export function exportTools<Format extends ExportFormat>(
  tools: readonly ExportableTool[],
  format: Format,
): ExportedTools[Format] {
  return WRITERS[format](tools);
}

/** Whether a word is one of the formats. */
export function isExportFormat(word: string): word is ExportFormat {
  return EXPORT_FORMATS.some((format) => format === word);
}

function toOpenAi({ exposedName, definition }: ExportableTool): OpenAiTool {
  const { description, inputSchema } = definition;
  const shown =
    description.length <= MAX_OPENAI_DESCRIPTION ? description : `${description.slice(0, MAX_OPENAI_DESCRIPTION - 1)}…`;
  return {
    type: 'function',
    function: { name: exposedName, description: shown, parameters: withoutRootChoices(inputSchema) },
  };
}

function toAnthropic({ exposedName, definition }: ExportableTool): AnthropicTool {
  return {
    name: exposedName,
    description: definition.description,
    input_schema: withoutRootChoices(definition.inputSchema),
  };
}

function toAiSdk({ definition }: ExportableTool): AiSdkTool {
  const { displayName, description, inputSchema } = definition;
  return {
    ...(displayName === undefined ? {} : { title: displayName }),
    description,
    inputSchema: objectSchema(inputSchema),
  };
}

type Keywords = { readonly [keyword: string]: unknown };

function objectSchema(schema: JsonSchema): ObjectSchema {
  return { ...(typeof schema === 'boolean' ? {} : schema), type: 'object' };
}

const CHOICES = ['allOf', 'anyOf', 'oneOf'] as const;
const REFUSED: readonly string[] = [...CHOICES, 'enum', 'not', 'if', 'then', 'else'];

/**
 * Both services refuse choices at the root of a schema. There the properties of all branches are offered, and the host
 * still checks the arguments by the schema as it is.
 */
function withoutRootChoices(schema: JsonSchema): ObjectSchema {
  const root = objectSchema(schema);
  if (!REFUSED.some((keyword) => keyword in root)) return root;
  const branches = CHOICES.flatMap((keyword) => (Array.isArray(root[keyword]) ? root[keyword] : []));
  const offered = branches.map((branch: unknown) => propertiesOf(branch));
  const kept = Object.entries(root).filter(([keyword]) => !REFUSED.includes(keyword));
  return { ...Object.fromEntries(kept), type: 'object', properties: Object.assign({}, ...offered, propertiesOf(root)) };
}

function propertiesOf(schema: unknown): Keywords {
  const properties = isKeywords(schema) ? schema.properties : undefined;
  return isKeywords(properties) ? properties : {};
}

function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
