import { createHost, type Host, loadSettings } from '@capstan/host';
import type { CallerChannel } from '@capstan/mcp';
import type { JsonObject, JsonSchema } from '@capstan/sdk';

/**
 * A host as a client of one server of the suite, which is the last argument: it calls every tool, with the arguments that
 * the suite wants, else with some that fit, and answers what it is asked.
 */
const [url = ''] = process.argv.slice(-1);
const CONTEXT = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
};

const NUMBERS: ReadonlySet<unknown> = new Set(['number', 'integer']);

const { settings } = loadSettings({
  path: 'capstan.yaml',
  text: 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {} }\n',
});
if (settings === undefined) throw new Error('the settings of the test are wrong');
const host = await createHost({ config: settings, environment: {} });
const unload = await host.loadMcpTools({ serverUrl: url, name: 'suite' });
const wanted = CONTEXT.toolCalls ?? [];
const others = callsOf(host).filter(({ name }) => wanted.every((call) => call.name !== name));
for (const { name, arguments: args } of [...wanted, ...others]) {
  // The suite has null stand for what is left out; no schema of its allows it.
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
  await host.invoke({ tool: name, arguments: given, channel: channel() });
}
await useTheRest(host);
unload();
await host.close();

/** Each tool once; the one that echoes a schema gets the one that was listed. */
function callsOf({ listTools }: Pick<Host, 'listTools'>): readonly { name: string; arguments: JsonObject }[] {
  const { items } = listTools.call(host, { limit: 1000 });
  const schemaOf = (name: string): JsonObject | undefined =>
    items.find(({ definition }) => definition.name === name)?.definition.inputSchema as JsonObject | undefined;
  return items.map(({ exposedName, definition: { name, inputSchema } }) => ({
    name: exposedName,
    arguments:
      name === 'json_schema_echo' ? { schema: schemaOf('json_schema_2020_12_tool') ?? {} } : argumentsFor(inputSchema),
  }));
}

/** Something for each parameter that must be there. */
function argumentsFor(schema: JsonSchema): JsonObject {
  const { required = [], properties = {} } = schema as { required?: string[]; properties?: Record<string, JsonObject> };
  return Object.fromEntries(required.map((name) => [name, NUMBERS.has(properties[name]?.type) ? 2 : 'text']));
}

function channel(): CallerChannel {
  return {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
    logLevel: undefined,
    request: async ({ method, params }) => {
      if (method === 'elicitation/create') return { action: 'accept', content: contentFor(params) };
      if (method === 'roots/list') return { roots: [] };
      return { role: 'assistant', model: 'test', content: { type: 'text', text: 'said' } };
    },
    notify: () => undefined,
  };
}

/** What a form says where its user changes nothing. */
function contentFor(params: JsonObject | undefined): JsonObject {
  const { properties = {} } = (params?.requestedSchema ?? {}) as { properties?: Record<string, JsonObject> };
  return Object.fromEntries(
    Object.entries(properties).map(([name, { default: preset, type }]) => [
      name,
      preset ?? (type === 'boolean' ? true : 'text'),
    ]),
  );
}

/** One prompt and one resource of each server, where it has some. */
async function useTheRest({ mcpUpstreams, mcpRequest }: Pick<Host, 'mcpUpstreams' | 'mcpRequest'>): Promise<void> {
  for (const { upstream } of mcpUpstreams.call(host)) {
    const [prompt] = upstream.offer.prompts;
    const [resource] = upstream.offer.resources;
    const ask = (method: 'prompts/get' | 'resources/read', params: JsonObject) =>
      mcpRequest.call(host, { upstream, method, params, channel: channel() });
    if (prompt !== undefined) await ask('prompts/get', { name: prompt.name });
    if (resource !== undefined) await ask('resources/read', { uri: resource.uri ?? '' });
  }
}
