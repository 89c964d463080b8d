import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compileSchema } from '@capstan/schema';
import { CapstanError, isCapstanError, type JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { isObject } from '../json-object.ts';
import { startService } from '../loopback-service.test.support.ts';
import { type PlannedRequest, planRequest } from '../request/plan-request.ts';
import { connectionTo, contextOf, makeServices } from '../test-call.test.support.ts';
import { corpusFile, hasCorpus } from './corpus.test.support.ts';
import { loadToolUniverse } from './load-tooluniverse.ts';
import { readEntries } from './read-entries.ts';
import { createToolUniverseTool, prepare, sentArguments } from './rest-tool.ts';
import type { RestPlan, ToolUniverseReport, ToolUniverseTool } from './tooluniverse-tool.ts';

const TOOLS = 'tooluniverse/tools.jsonl';
const LOADERS = ['boltz_mcp_loader_tools', 'boltz_tools', 'mcp_auto_loader_esm', 'txagent_client_tools'];

function counts(report: readonly ToolUniverseReport[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    ['runnable', 'needs_config', 'unsupported', 'invalid'].map((status) => [
      status,
      report.filter((each) => each.status === status).length,
    ]),
  );
}

test('all 1,162 tools load, and each of the 116 REST tools is runnable or needs config', (context) => {
  if (!hasCorpus(context)) return;
  const { tools, mcpServers, report } = loadToolUniverse(corpusFile(TOOLS));
  expect(report.length).toBe(1_162);
  expect(counts(report)).toEqual({ runnable: 115, needs_config: 2, unsupported: 1_045, invalid: 0 });
  const rest = report.filter(({ type }) => type === 'BaseRESTTool');
  expect(counts(rest)).toEqual({ runnable: 115, needs_config: 1, unsupported: 0, invalid: 0 });
  expect(rest.find(({ status }) => status === 'needs_config')?.variables).toEqual(['PHARMVAR_API_KEY']);
  for (const { status, reason, hint } of report)
    if (status !== 'runnable') expect([reason, hint].every(Boolean)).toBe(true);
  expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
  expect(mcpServers.length).toBe(1);
});

test('every schema compiles for real, and nearly every test example fits its own', (context) => {
  if (!hasCorpus(context)) return;
  const { tools } = loadToolUniverse(corpusFile(TOOLS));
  let examples = 0;
  let fitting = 0;
  for (const tool of tools) {
    const compilation = compileSchema(tool.inputSchema, { origin: 'foreign' });
    // What the engine cannot run would accept a number too.
    expect([tool.name, compilation.ok && compilation.schema.accepts(5)]).toEqual([tool.name, false]);
    examples += tool.examples.length;
    fitting += fittingExamples(tool).length;
  }
  expect(examples).toBeGreaterThan(1_800);
  expect(fitting / examples).toBeGreaterThan(0.99);
});

/** The examples of a tool that fit its schema. */
function fittingExamples({ inputSchema, examples }: ToolUniverseTool): readonly JsonObject[] {
  const compilation = compileSchema(inputSchema, { origin: 'foreign' });
  return compilation.ok ? examples.filter((example) => compilation.schema.accepts(example)) : [];
}

test('MCP loaders become servers; the broken file is reported and hides none of them', (context) => {
  if (!hasCorpus(context)) return;
  const files = [
    ...LOADERS.map((name) => `tooluniverse/mcp-loaders/${name}.json`),
    'tooluniverse/invalid_mobidb_rest.json',
  ];
  const { mcpServers, report } = loadToolUniverse(files.map(corpusFile));
  expect(
    mcpServers.map(({ name, transport, toolPrefix, variables }) => ({ name, transport, toolPrefix, variables })),
  ).toEqual([
    { name: 'mcp_auto_loader_boltz', transport: 'http', toolPrefix: 'mcp_', variables: ['BOLTZ_MCP_SERVER_HOST'] },
    { name: 'mcp_auto_loader_esm', transport: 'http', toolPrefix: '', variables: ['ESM_MCP_SERVER_HOST'] },
    { name: 'mcp_auto_loader_txagent', transport: 'http', toolPrefix: 'mcp_', variables: ['TXAGENT_MCP_SERVER_HOST'] },
  ]);
  expect(report.filter(({ status }) => status === 'invalid').map(({ place }) => place.path)).toEqual([
    'tooluniverse/invalid_mobidb_rest.json',
  ]);
});

test("the seed's own five configs load, and each names the pack that will run it", (context) => {
  if (!hasCorpus(context)) return;
  const { tools, report } = loadToolUniverse(corpusFile('seed_tool_configs.json'));
  expect(tools.length).toBe(5);
  expect(report.map(({ type, status, hint }) => [type, status, hint])).toEqual([
    ['RESTAPITool', 'unsupported', 'Run "capstan pack enable http_request".'],
    [
      'OpenAITool',
      'unsupported',
      // Its base_url is that of the weather service: the key must never go there.
      'Run "capstan pack enable openai_compatible" with packs.openai_compatible.config: { api_token: env:OPENAI_API_KEY } in capstan.yaml. Leave its base_url out: api.openweathermap.org is another service, which would get the key; the pack calls api.openai.com.',
    ],
    [
      'WeatherAPITool',
      'unsupported',
      'Run "capstan pack enable openweather" with packs.openweather.config: { api_key: env:OPENWEATHER_API_KEY } in capstan.yaml.',
    ],
    [
      'DatabaseTool',
      'unsupported',
      'Run "capstan pack enable postgres" with packs.postgres.config: { database_url: env:DATABASE_URL } in capstan.yaml.',
    ],
    [
      'MicroserviceTool',
      'unsupported',
      'Run "capstan pack enable microservice" with packs.microservice.config: { registry_url: env:SERVICE_REGISTRY_URL } in capstan.yaml.',
    ],
  ]);
});

/** The parts of a request that are kept, as hashes: the corpus itself is no part of this repository. */
const PARTS = ['address', 'query', 'headers'] as const;
type Golden = Readonly<Record<(typeof PARTS)[number], string>>;

/** A line for each example: tool, number, and the hash of each part. */
const GOLDEN = resolve(import.meta.dirname, '../../golden/tooluniverse-requests.txt');

/** The request of an example, or the code of the error that it is. */
function plan({ backend, ...rest }: RestPlan, input: JsonObject): PlannedRequest | string {
  const whole = { backend, ...rest };
  const connection = connectionTo(undefined, { config: { pharmvar_api_key: 'key' } });
  const circumstances = { connection, context: contextOf(), userAgent: 'capstan' };
  try {
    return planRequest(backend, sentArguments(whole, prepare(whole, input)), circumstances);
  } catch (error) {
    if (isCapstanError(error)) return error.code;
    throw error;
  }
}

function canonical(request: PlannedRequest | string): Golden {
  if (typeof request === 'string') return { address: request, query: '', headers: '' };
  const headers = request.headers
    .map((text, index) => (index % 2 === 0 ? `${text.toLowerCase()}: ` : `${text}\n`))
    .join('');
  const keys = request.credentials.own.map(({ place, name }) => `${place} ${name}`).join();
  return {
    address: `${request.method} ${request.baseUrl}${request.path}`,
    query: request.query,
    headers: `${headers}${keys}`,
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

// A change that is meant is accepted with --update at the end of the command.
test('the requests of all REST examples are what they were', async (context) => {
  if (!hasCorpus(context)) return;
  const { tools } = loadToolUniverse(corpusFile(TOOLS));
  const before = new Map(
    readFileSync(GOLDEN, 'utf8')
      .split('\n')
      .map((line) => [line.split(' ', 2).join(' '), line.split(' ').slice(2)]),
  );
  const changes: string[] = [];
  const lines: string[] = [];
  for (const tool of tools) {
    const { name, work } = tool;
    if (work.kind !== 'rest') continue;
    for (const [index, example] of fittingExamples(tool).entries()) {
      const request = canonical(plan(work.plan, example));
      const key = `${name} ${index}`;
      const hashes = PARTS.map((part) => hash(request[part]));
      lines.push(`${key} ${hashes.join(' ')}`);
      const old = before.get(key) ?? [];
      const changed = PARTS.filter((_part, at) => old[at] !== hashes[at]);
      if (changed.length > 0)
        changes.push(`${key}: now ${changed.map((part) => `${part} ${JSON.stringify(request[part])}`).join(', ')}`);
    }
  }
  expect(lines.length).toBeGreaterThan(200);
  await expect(`${lines.join('\n')}\n`, changes.join('\n')).toMatchFileSnapshot(GOLDEN);
});

/** What ToolUniverse asks for, worked out from the entry in the plainest way: path and query, decoded. */
function expectedOf(
  entry: JsonObject,
  example: JsonObject,
): { readonly path: string; readonly query: readonly string[] } {
  const fields = isObject(entry.fields) ? entry.fields : {};
  const parameter = isObject(entry.parameter) && isObject(entry.parameter.properties) ? entry.parameter.properties : {};
  const given: Record<string, unknown> = { ...example };
  for (const [name, schema] of Object.entries(parameter)) {
    if (isObject(schema) && schema.default !== undefined && !(name in given)) given[name] = schema.default;
  }
  const params: Record<string, unknown> = isObject(fields.params) ? { ...fields.params } : {};
  const endpoint = String(fields.endpoint);
  let url = endpoint;
  for (const [name, value] of Object.entries(given)) {
    if (endpoint.includes(`{${name}}`)) url = url.replace(`{${name}}`, encodeURIComponent(String(value)));
    else if (name in example || !(name in params)) params[name] = value;
  }
  const parsed = new URL(url);
  const added = Object.entries(params).flatMap(([name, value]) => [value].flat().map((each) => `${name}=${each}`));
  return {
    path: decodeURIComponent(parsed.pathname),
    query: [...Array.from(parsed.searchParams, ([name, value]) => `${name}=${value}`), ...added].toSorted(),
  };
}

test('every REST tool is called with each of its examples, and the service gets what ToolUniverse would send', async (context) => {
  if (!hasCorpus(context)) return;
  const { service, stop } = await startService(() => ({ body: { ok: true } }));
  const { services, close } = makeServices();
  let calls = 0;
  try {
    for (const read of readEntries(corpusFile(TOOLS))) {
      if (!read.ok || !isObject(read.value) || read.value.type !== 'BaseRESTTool') continue;
      const local = JSON.parse(
        JSON.stringify(read.value).replace(/("endpoint": ?")https?:\/\/[^/"?]+/, `$1${service.url}`),
      );
      const [tool] = loadToolUniverse({ path: 'x', entries: [local] }).tools;
      if (tool?.work.kind !== 'rest') throw new CapstanError('CAPSTAN_INTERNAL', `${tool?.name} does not run`);
      const call = {
        connection: connectionTo(undefined, { config: { pharmvar_api_key: 'key' } }),
        context: contextOf(),
      };
      for (const example of fittingExamples(tool)) {
        const result = await createToolUniverseTool(tool.name, tool.work.plan, services)(example, call);
        const { pathname, searchParams } = new URL(service.last().target, service.url);
        const query = Array.from(searchParams, ([name, value]) => `${name}=${value}`).toSorted();
        expect({ tool: tool.name, path: decodeURIComponent(pathname), query }).toEqual({
          tool: tool.name,
          ...expectedOf(local, example),
        });
        expect(result).toMatchObject({ status: 'success' });
        calls += 1;
      }
    }
  } finally {
    await close();
    await stop();
  }
  expect(calls).toBeGreaterThan(200);
});
