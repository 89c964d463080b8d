import { CapstanError } from '../capstan-error.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type {
  AiSdkClientTool,
  AnthropicToolResult,
  AnthropicToolUse,
  CallOptions,
  CapstanClient,
  ClientOptions,
  OpenAiToolCall,
  OpenAiToolMessage,
  ToolFormat,
  WireInvocation,
} from './client-types.ts';
import { errorOf, exchangeOver, isObject } from './rest-exchange.ts';

/** Makes a client of one workspace of a server. Nothing is asked before the first call. */
export function createClient(options: ClientOptions): CapstanClient {
  return new RestClient(options);
}

class RestClient implements CapstanClient {
  readonly #exchange: ReturnType<typeof exchangeOver>;

  constructor(options: ClientOptions) {
    this.#exchange = exchangeOver(options);
  }

  async tools(format: 'openai' | 'anthropic', search?: string): Promise<readonly JsonObject[]> {
    const pages = await this.#pages(format, search);
    return pages.flatMap((page) => (Array.isArray(page) ? page.filter(isObject) : []));
  }

  async invoke(name: string, input: JsonObject, options: CallOptions = {}): Promise<WireInvocation> {
    const { connection, idempotencyKey, signal } = options;
    const answer = await this.#exchange({
      path: '/invoke',
      body: { name, arguments: input, ...(connection === undefined ? {} : { connection }) },
      ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
      ...(signal === undefined ? {} : { signal }),
    });
    return asInvocation(answer);
  }

  runOpenAi(calls: readonly OpenAiToolCall[], options?: CallOptions): Promise<readonly OpenAiToolMessage[]> {
    return Promise.all(
      calls.map(async ({ id, function: { name, arguments: written } }): Promise<OpenAiToolMessage> => {
        const input = readArguments(written);
        const said = input === undefined ? NOT_JSON : answerOf(await this.invoke(name, input, options));
        return { role: 'tool', tool_call_id: id, content: said.text };
      }),
    );
  }

  runAnthropic(calls: readonly AnthropicToolUse[], options?: CallOptions): Promise<readonly AnthropicToolResult[]> {
    return Promise.all(
      calls.map(async ({ id, name, input }): Promise<AnthropicToolResult> => {
        const said = isObject(input) ? answerOf(await this.invoke(name, input, options)) : NOT_JSON;
        return {
          type: 'tool_result',
          tool_use_id: id,
          content: said.text,
          ...(said.isError ? { is_error: true as const } : {}),
        };
      }),
    );
  }

  async aiSdkTools<Schema>(
    jsonSchema: (schema: JsonObject) => Schema,
    search?: string,
  ): Promise<Readonly<Record<string, AiSdkClientTool<Schema>>>> {
    const pages = await this.#pages('ai-sdk', search);
    const named = pages.flatMap((page) => (isObject(page) ? Object.entries(page) : []));
    return Object.fromEntries(
      named.flatMap(([name, tool]) => (isObject(tool) ? [[name, this.#aiSdkTool(name, tool, jsonSchema)]] : [])),
    );
  }

  #aiSdkTool<Schema>(
    name: string,
    { description, inputSchema }: JsonObject,
    jsonSchema: (schema: JsonObject) => Schema,
  ): AiSdkClientTool<Schema> {
    return {
      description: typeof description === 'string' ? description : '',
      inputSchema: jsonSchema(isObject(inputSchema) ? inputSchema : { type: 'object' }),
      execute: async (input, { abortSignal } = {}) => {
        const outcome = await this.invoke(name, input, abortSignal === undefined ? {} : { signal: abortSignal });
        if (outcome.status === 'succeeded') return outcome.result ?? null;
        throw outcome.error === undefined
          ? new CapstanError('CAPSTAN_DENIED', answerOf(outcome).text)
          : errorOf({ ...outcome.error });
      },
    };
  }

  /** What stands under `tools` on each page. */
  async #pages(format: ToolFormat, search: string | undefined): Promise<readonly (JsonValue | undefined)[]> {
    const pages: (JsonValue | undefined)[] = [];
    let cursor: JsonValue | undefined;
    do {
      const query = new URLSearchParams({
        format,
        limit: '1000',
        ...(search === undefined ? {} : { search }),
        ...(typeof cursor === 'string' ? { cursor } : {}),
      });
      const page = await this.#exchange({ path: `/tools?${query}` });
      pages.push(page.tools);
      cursor = page.next_cursor;
    } while (typeof cursor === 'string');
    return pages;
  }
}

interface Answer {
  readonly text: string;
  readonly isError: boolean;
}

const NOT_JSON: Answer = { text: 'The arguments are no JSON object. Call the tool again with one.', isError: true };

/** What a model reads: the result, or what went wrong and what to do next. */
function answerOf({ status, result, error, approval }: WireInvocation): Answer {
  if (status === 'succeeded')
    return { text: typeof result === 'string' ? result : JSON.stringify(result ?? null), isError: false };
  if (status === 'pending')
    return { text: `This call waits for the approval ${approval?.id ?? ''} of a person.`, isError: true };
  return { text: `${error?.code}: ${error?.message} ${error?.hint ?? ''}`.trim(), isError: true };
}

function readArguments(text: string): JsonObject | undefined {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function asInvocation(answer: JsonObject): WireInvocation {
  if (isInvocation(answer)) return answer;
  throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', 'the server answered something that is no outcome');
}

function isInvocation(value: object): value is WireInvocation {
  return 'execution_id' in value && 'status' in value && STATUSES.some((status) => status === value.status);
}

const STATUSES: readonly WireInvocation['status'][] = ['succeeded', 'failed', 'denied', 'pending'];
