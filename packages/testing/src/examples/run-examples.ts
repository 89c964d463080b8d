import type { Host, ToolView } from '@capstan/host';
import type { CapstanError, JsonObject, JsonValue } from '@capstan/sdk';

/** What became of one example of a tool. */
export type ExampleResult = {
  /** The tool id. */
  readonly tool: string;
  /** From 0; absent where the tool has no example. */
  readonly example?: number;
} & (
  | { readonly status: 'passed'; readonly result: JsonValue }
  | { readonly status: 'failed'; readonly error: CapstanError }
  /** It was not called. */
  | { readonly status: 'skipped'; readonly reason: string }
);

/** Which examples are run. */
export interface ExampleOptions {
  /** The code of the pack. */
  readonly pack: string;
  /** Whether tools are called that may change something. */
  readonly writes: boolean;
}

/** Calls each tool of a pack with each of its examples, one after the other, as any caller would. Never rejects. */
export async function runExamples(host: Host, { pack, writes }: ExampleOptions): Promise<readonly ExampleResult[]> {
  const results: ExampleResult[] = [];
  for (const view of toolsOf(host, pack)) {
    const reason = reasonToSkip(view, writes);
    if (reason !== undefined) results.push({ tool: view.definition.id, status: 'skipped', reason });
    else results.push(...(await runTool(host, view)));
  }
  return results;
}

/** In the order of their names. */
function toolsOf(host: Host, pack: string): readonly ToolView[] {
  const tools: ToolView[] = [];
  let cursor: string | undefined;
  do {
    const page = host.listTools({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
    tools.push(...page.items.filter(({ definition }) => definition.pack === pack));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

function reasonToSkip({ definition, state }: ToolView, writes: boolean): string | undefined {
  if (definition.examples.length === 0) return 'it has no examples';
  if (state.kind === 'unsupported') return `it does not run here: ${state.reason}`;
  if (state.kind === 'needs_config') return `it needs ${state.missing.map(({ key }) => key).join(', ')}`;
  if (!writes && definition.annotations.readOnly !== true) return 'it may change something';
  return undefined;
}

async function runTool(host: Host, { definition }: ToolView): Promise<readonly ExampleResult[]> {
  const results: ExampleResult[] = [];
  for (const [example, input] of definition.examples.entries()) {
    const tool = definition.id;
    const outcome = await host.invoke({ tool, arguments: isObject(input) ? input : {} });
    if (outcome.status === 'succeeded') results.push({ tool, example, status: 'passed', result: outcome.result.value });
    else if (outcome.status === 'pending') {
      results.push({ tool, example, status: 'skipped', reason: 'it waits for an approval' });
    } else results.push({ tool, example, status: 'failed', error: outcome.error });
  }
  return results;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
